"""A Redis cache that works as an empty cache while Redis is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.utils.functional import cached_property
from limits.storage import RedisStorage
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: A cache that takes longer than this to answer is slower than doing without.
TIMEOUT_SECONDS = 0.3
#: For this long after a failure Redis is not asked again: a page waits for a Redis that hangs once only.
PAUSE_SECONDS = 5.0
#: What the keys of allauth's limits begin with. All other limits are counted by `core.limits`.
COUNTS = "allauth"
#: What the keys of `core.limits` begin with.
LIMITS_PREFIX = "carsite-limits"


class ForgivingRedisCache(RedisCache):
    """Redis as a cache that answers "not there" while Redis is away, so that pages outlive it.

    Limits must not open with it: what they count is then kept in this process's memory. Each web process
    counts on its own, so that for the while a limit is at most as many times as high as there are processes.
    """

    #: When a server may be asked again, by its address. Shared by all threads of the process.
    _asked_again_at: ClassVar[dict[str, float]] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        timeouts = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
        options = timeouts | {"retry": Retry(NoBackoff(), 0)} | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})
        self._server = server
        self._here = LocMemCache("counts-while-redis-is-away", {})

    # --- For those who talk to the same Redis ---------------------------------------------------------------
    @cached_property
    def limits(self) -> RedisStorage:
        """Where `core.limits` counts; its calls raise what Redis raises."""
        pool = self._cache.get_client(write=True).connection_pool
        return RedisStorage("redis://", connection_pool=pool, key_prefix=LIMITS_PREFIX)

    @property
    def may_be_asked(self) -> bool:
        """False for a while after Redis failed."""
        return time.monotonic() >= self._asked_again_at.get(self._server, 0.0)

    def leave_alone(self, error: Exception) -> None:
        """Redis failed with `error`: this process does not ask it for a while."""
        self._asked_again_at[self._server] = time.monotonic() + PAUSE_SECONDS
        logger.warning("cache away: %s", type(error).__name__)

    @classmethod
    def forget_pauses(cls) -> None:
        """Ask every server again at the next call, whatever happened before."""
        cls._asked_again_at.clear()

    # --- The cache ------------------------------------------------------------------------------------------
    def _forgive(self, method: str, *args: object, fallback: T, **kwargs: object) -> T:
        if not self.may_be_asked:
            return self._without_redis(method, *args, fallback=fallback, **kwargs)
        try:
            answer: T = getattr(super(), method)(*args, **kwargs)
        except (RedisError, OSError) as error:
            self.leave_alone(error)
            return self._without_redis(method, *args, fallback=fallback, **kwargs)
        return answer

    def _without_redis(self, method: str, *args: object, fallback: T, **kwargs: object) -> T:
        if not str(args[0]).startswith(COUNTS):
            return fallback
        answer: T = getattr(self._here, method)(*args, **kwargs)
        return answer

    def get(self, key: object, default: object = None, version: int | None = None) -> object:
        return self._forgive("get", key, default, version, fallback=default)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, object]:
        return self._forgive("get_many", keys, version, fallback={})

    def has_key(self, key: object, version: int | None = None) -> bool:
        return self._forgive("has_key", key, version, fallback=False)

    def set(self, key: object, value: object, *args: object, **kwargs: object) -> None:
        self._forgive("set", key, value, *args, **kwargs, fallback=None)

    def set_many(self, data: Mapping[str, object], *args: object, **kwargs: object) -> list[str]:
        return self._forgive("set_many", data, *args, **kwargs, fallback=list(data))

    def add(self, key: object, value: object, *args: object, **kwargs: object) -> bool:
        return self._forgive("add", key, value, *args, **kwargs, fallback=True)

    def incr(self, key: object, delta: int = 1, version: int | None = None) -> int:
        return self._forgive("incr", key, delta, version, fallback=delta)

    def touch(self, key: object, *args: object, **kwargs: object) -> bool:
        return self._forgive("touch", key, *args, **kwargs, fallback=False)

    def delete(self, key: object, version: int | None = None) -> bool:
        return self._forgive("delete", key, version, fallback=False)

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        self._forgive("delete_many", keys, version, fallback=None)

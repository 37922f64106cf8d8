"""Everything `ml` raises on purpose. Each error says what happened and what to do next."""


class MlError(Exception):
    """Base of all errors of this package; `code` is stable, the message is for people."""

    code = "ml_error"


class DataError(MlError):
    """The training data are missing or not laid out as expected."""

    code = "data_error"


class RecipeError(MlError):
    """A recipe names something that does not exist or makes no sense."""

    code = "recipe_error"


class WeightsError(MlError):
    """Pretrained weights can't be had or don't fit the architecture."""

    code = "weights_error"


class BundleError(MlError):
    """A bundle is missing, damaged or of another format."""

    code = "bundle_error"


class PackagesError(MlError):
    """Packages that only training needs are not installed."""

    code = "packages_missing"


class PhotoError(MlError):
    """A photo can't be decoded."""

    code = "photo_unreadable"

"""The science of Carsite: data, networks, training, evaluation, bundles and prediction. No Django in here.

`ml.bundle.bundle`, `ml.data.photos` and `ml.serving.predictor` are what a worker needs and import neither
torch nor torchvision; everything else is for training and judging models. `python -m ml --help` lists the
commands.
"""

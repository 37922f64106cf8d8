"""The science of Carsite: data, recipes, training, evaluation, export and prediction. No Django in here.

`ml.bundle.bundle`, `ml.data.photos` and `ml.serving.predictor` are what a worker needs and import neither torch nor
torchvision; everything else makes and measures models. Run `python -m ml --help` for the commands.
"""

"""The science of Carsite: data, recipes, training, evaluation, export and prediction. No Django in here.

`ml.bundle`, `ml.photos` and `ml.predictor` are what a worker needs and import neither torch nor torchvision; everything
else is the laboratory. Run `python -m ml --help` for the commands.
"""

"""From a plan and data to a trained model; the only package that imports Lightning (its Fabric)."""

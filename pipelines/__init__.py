"""The observatory's pipelines: one package a stage, in the order of `dvc.yaml`."""

"""`python -m pipelines`: the same command as `observatoire`, for the lines of `dvc.yaml`."""

from pipelines.cli import main

if __name__ == "__main__":
    main()

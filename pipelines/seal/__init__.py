"""Seal: the manifest of what is public, hash by hash, with the inputs and the versions it was made from."""

from pipelines.seal.manifest import run

__all__ = ["run"]

"""The published data in the formats of the field: each module writes one, from the same description of the tables."""

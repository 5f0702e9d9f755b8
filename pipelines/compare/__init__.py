"""Compare: a new vintage against what was known before, table by table and figure by figure. Frames in, changes out."""

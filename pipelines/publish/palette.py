"""The colours of the house, apart from the drawing: whoever only names a colour need not load plotnine (0.8 s)."""

from __future__ import annotations

INK = "#1d2433"
SOFT = "#5b6472"
RULE = "#d9dde3"
PALE = "#eef1f4"
PAPER = "#ffffff"

# Okabe and Ito's palette without its yellow, which is too pale on white, and with a brown; told apart by
# readers with any of the common colour deficiencies, and always doubled by a label.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#8c4a86", "#b97700", "#3a8fc2", "#6b4a2b", "#333333")

STATE_COLOURS = {"good": "#007a5a", "under_way": "#0072B2", "bad": "#b84a00", "none": "#7a8290"}

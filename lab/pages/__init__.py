"""Pages that the lab makes for itself: text of many scripts in many layouts, and the damage that scanners do."""

from lab.pages.damage import DAMAGES, damage
from lab.pages.fonts import scripts_with_fonts
from lab.pages.layouts import LAYOUTS
from lab.pages.nontext import NON_TEXT, non_text_page
from lab.pages.render import RenderedPage, render_page
from lab.pages.sheet import Line
from lab.pages.words import SCRIPTS

__all__ = [
    "DAMAGES",
    "LAYOUTS",
    "NON_TEXT",
    "SCRIPTS",
    "Line",
    "RenderedPage",
    "damage",
    "non_text_page",
    "render_page",
    "scripts_with_fonts",
]

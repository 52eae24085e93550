"""The screens that pages are looked at on, and how axe is asked what is wrong with one."""

from pathlib import Path

from django.conf import settings

AXE = (Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW, NARROWEST = {"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 800}
RUN_AXE = """async (tags) => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}"""


def wrong_with(page):
    """What axe finds, and the width of a page that is wider than its screen."""
    page.evaluate(AXE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    return page.evaluate(RUN_AXE, TAGS) + ([f"{wide} wide"] if wide > page.viewport_size["width"] else [])

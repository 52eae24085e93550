"""What officers wrote beside the figures, as pages and the printed report show it: owners without names."""

from typing import Any

from evaluation.models import QualityReport


def words_of(report: QualityReport) -> dict[str, Any]:
    """The commentary, the recommendations, and what was done about what people said."""
    return {
        "commentary": report.commentary,
        "recommendations": list(report.recommendations.with_owners().order_by("pk")),
        "you_said": list(report.you_said.order_by("pk")),
    }

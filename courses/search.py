"""Finding courses by words: full text first, and where that finds nothing, what looks alike.

The generated column `search_document` holds title, summary and audience; topics are a list, which
Postgres will not fold into a generated column, so they are read beside it. A catalogue has some hundred
courses at the most.
"""

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector, TrigramWordSimilarity
from django.db.models import F, Func, Max, Q, QuerySet, TextField, Value
from django.db.models.functions import Greatest

from courses.models import Course

# How alike a title or topic must look to the words typed: “safegarding” and “safeguarding” make 0.75,
# two letters changed about in a short word, “negelct”, still 0.37.
ALIKE = 0.35
NEARLY_AS_ALIKE = 0.75


class Joined(Func):
    """The texts of an array as one text."""

    function = "array_to_string"
    output_field = TextField()

    def __init__(self, array):
        super().__init__(F(array), Value(", "))


def search_courses(*, courses: QuerySet[Course], query: str) -> QuerySet[Course]:
    """Return the courses that the words find, the best first. A course's code finds it too.

    Words that match nothing are taken for misspelt, and the titles and topics nearest to them are returned.
    """
    query = query.strip()
    if not query:
        return courses.annotate(relevance=Value(0.0)).order_by("title", "pk")
    words = SearchQuery(query, config="english", search_type="websearch")
    topics = SearchVector(Joined("topics"), config="english", weight="B")
    found = courses.annotate(
        topic_document=topics, relevance=SearchRank(F("search_document"), words) + SearchRank(topics, words)
    ).filter(Q(search_document=words) | Q(topic_document=words) | Q(code__iexact=query))
    if not found.exists():
        found = _look_alike(courses, query)
    return found.order_by("-relevance", "title", "pk")


def _look_alike(courses: QuerySet[Course], query: str) -> QuerySet[Course]:
    """The nearest titles and topics, without those that are nearer to something else than to the words."""
    near = courses.annotate(
        relevance=Greatest(TrigramWordSimilarity(query, "title"), TrigramWordSimilarity(query, Joined("topics")))
    )
    best = near.aggregate(best=Max("relevance"))["best"] or 0
    return near.filter(Q(relevance__gte=max(ALIKE, best * NEARLY_AS_ALIKE)) | Q(code__istartswith=query))

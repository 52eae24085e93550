"""Pages of long lists: what is counted is what people turn pages through."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property


class LongPaginator(Paginator):
    """Counts no further than `MOST`: nobody turns more pages, and counting all costs as much as reading all."""

    MOST = 1_000

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.MOST)

    @property
    def has_more(self) -> bool:
        """Whether the list goes on after the last page."""
        return self._counted > self.MOST

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: self.MOST + 1].count()

"""The house holds: imports point down, rooms keep their order, pages are guarded, nothing lies about unused."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db.models import CheckConstraint
from django.urls import URLPattern, URLResolver, get_resolver

from workforce_portal.celery import TIMETABLE, app

ROOT = Path(settings.BASE_DIR)
APPS = ["accounts", "courses", "bookings", "evaluation", "workforce_portal"]
# Lowest first: a room may import rooms before it, within its app.
ROOMS = [
    "logs", "clock", "links", "references", "phones", "pagination", "govuk_pay", "models", "locking", "partnerships", "access", "cache",
    "money", "working_days", "pricing", "calendars", "audiences", "search", "audit", "wake", "admin_site", "spreadsheets",
    "profiles", "answer_links", "sensitive", "figures", "suppression", "crossed", "charts", "pdfs", "reports", "record_pdf",
    "register_pdf", "exports", "order_pages", "package_statements", "statements", "invoice_pdf", "quote_pdf", "debts", "reconciliation",
    "ledger_files",
    "owing", "quoting", "terms",
    "invariants", "money_invariants", "reasons", "agency_mix", "waiting_times", "charging", "eligibility", "group_eligibility",
    "self_paced_eligibility", "inactivity", "wording",
    "correspondence", "mailbox", "senders", "post", "bounces", "heartbeats", "emails", "actions", "forms",
    "resources", "receivers", "middleware", "adapter", "views", "admin", "tasks", "sweeps", "urls", "apps",
]  # fmt: skip
# Decisions that an import may bring with no person behind them.
BY_NOBODY = {"Organisation.charging_category_set_by"}
MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 500
# Pages that strangers may open; everything else sends them to sign in or hides itself.
PUBLIC = {
    "home", "course_list", "course_detail", "healthz", "readyz", "theme_css", "logo", "accessibility_statement",
    "privacy", "cookies", "complaint", "contact", "courses:event_calendar", "date_list",
    "bookings:certificate_check", "bookings:certificate_find", "bookings:invitation", "bookings:approval_answer",
    "bookings:calendar_feed", "bookings:keep_account", "evaluation:respond_by_link", "bookings:card_webhook",
    "courses:enquiry_create", "courses:enquiry_sent",
    "style_guide", "style_guide_progress",
    "accounts:mailbox", "accounts:mailbox_letter", "accounts:mailbox_calendar",
}  # fmt: skip


def modules():
    for name in APPS:
        for path in sorted((ROOT / name).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def tree_of(path):
    return ast.parse(path.read_text(), filename=str(path))


def dotted(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def test_apps_import_only_to_the_left():
    wrong = [
        f"{dotted(path)} imports {name}"
        for path in modules()
        for name, _ in imports_of(path)
        if (owner := name.split(".")[0]) in APPS and APPS.index(owner) > APPS.index(path.relative_to(ROOT).parts[0])
    ]
    assert wrong == []


def room_of(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else None


def test_rooms_import_only_rooms_below_them():
    wrong = []
    for path in modules():
        here = dotted(path)
        owner = here.split(".")[0]
        if owner == "workforce_portal" or room_of(here) is None:
            continue
        for name, _ in imports_of(path):
            there = room_of(name)
            if name.split(".")[0] != owner or there not in ROOMS or room_of(here) not in ROOMS:
                continue
            if ROOMS.index(there) > ROOMS.index(room_of(here)):
                wrong.append(f"{here} imports {name}")
    assert wrong == []


def test_every_module_has_a_known_room():
    unknown = [
        dotted(path)
        for path in modules()
        if dotted(path).split(".")[0] != "workforce_portal"
        and room_of(dotted(path)) not in {None, "management", *ROOMS}
    ]
    assert unknown == []


def test_no_relative_imports():
    assert [dotted(path) for path in modules() for _, node in imports_of(path) if getattr(node, "level", 0)] == []


def functions():
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def test_functions_and_modules_stay_short():
    long_functions = [
        f"{dotted(path)}.{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path, node in functions()
        if node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    long_modules = [dotted(path) for path in modules() if len(path.read_text().splitlines()) > MAX_MODULE_LINES]
    assert (long_functions, long_modules) == ([], [])


def test_every_module_says_what_lives_there():
    assert [dotted(path) for path in modules() if not ast.get_docstring(tree_of(path))] == []


def test_actions_are_keyword_only_and_documented():
    wrong = []
    for path in modules():
        if path.parent.name != "actions" or path.name == "__init__.py":
            continue
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                if not ast.get_docstring(node):
                    wrong.append(f"{dotted(path)}.{node.name} has no docstring")
                if len(node.args.args) > 1:
                    wrong.append(f"{dotted(path)}.{node.name} takes positional arguments")
    assert wrong == []


def test_only_the_clock_asks_the_time():
    asking = re.compile(r"timezone\.now\(|datetime\.now\(|date\.today\(|datetime\.utcnow\(")
    outside = {"accounts.clock", "accounts.mailbox"}
    assert [dotted(path) for path in modules() if dotted(path) not in outside and asking.search(path.read_text())] == []


def test_rows_are_locked_without_what_they_are_joined_to():
    """`accounts.locking.locked` says why. Only it may lock rows that come with facts of others."""
    chain = re.compile(r"select_related|with_\w*facts")
    wrong = [
        f"{dotted(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.stmt) and not hasattr(node, "body")
        if "select_for_update" in (words := ast.unparse(node)) and chain.search(words)
        if dotted(path) != "accounts.locking"
    ]
    assert wrong == []


def test_no_signals_but_those_a_library_requires():
    listening = re.compile(r"@receiver|(?<!connection)\.connect\(")
    assert [
        dotted(path)
        for path in modules()
        if dotted(path) != "accounts.receivers"
        and dotted(path).split(".")[0] != "workforce_portal"
        and listening.search(path.read_text())
    ] == []


def test_no_work_waits_in_the_broker():
    waiting = re.compile(r"\b(eta|countdown)\s*=")
    assert [dotted(path) for path in modules() if waiting.search(path.read_text())] == []


def test_only_capacity_writes_the_counter_of_places():
    writing = re.compile(r"places_taken\s*[+-]=|\.places_taken = |places_taken=F\(")
    writers = {dotted(path) for path in modules() if writing.search(path.read_text())}
    assert {name for name in writers if "sample_city" not in name} == {"bookings.actions.capacity"}


def named_urls(patterns=None, namespace=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from named_urls(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern


OURS = tuple(f"{name}." for name in APPS)


def our_urls():
    return {
        name: pattern
        for name, pattern in named_urls()
        if pattern.callback.__module__.startswith(OURS) and not name.startswith("admin:")
    }


VALUES = {"int": "999999", "str": "NONE-0000", "slug": "no-such-thing", "uuid": "00000000-0000-4000-8000-000000000000"}


def example_path(name):
    from django.urls import reverse

    pattern = our_urls()[name]
    kwargs = {key: VALUES[type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")]
              for key, converter in pattern.pattern.converters.items()}  # fmt: skip
    return reverse(name, kwargs=kwargs)


@pytest.mark.django_db
def test_strangers_are_sent_to_sign_in(client):
    let_in = []
    for name in sorted(our_urls()):
        if name in PUBLIC:
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(example_path(name))
            if answer.status_code not in (302, 404, 405) or (
                answer.status_code == 302 and "/accounts/login/" not in answer.url
            ):
                let_in.append(f"{method} {name}: {answer.status_code}")
    assert let_in == []


def test_public_list_names_only_real_pages():
    assert PUBLIC - set(our_urls()) == set()


def test_every_test_mirrors_a_module():
    strays = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        parts = path.relative_to(ROOT / "tests").parts
        if parts[0] not in APPS:
            continue
        module = ROOT.joinpath(*parts[:-1], parts[-1].removeprefix("test_"))
        if not module.exists() and not module.with_suffix("").is_dir():
            strays.append(str(path.relative_to(ROOT)))
    assert strays == []


def words_of_letters(app):
    return "\n".join(path.read_text() for path in modules() if dotted(path).startswith(f"{app}.emails"))


def test_every_template_is_used():
    code = "\n".join(path.read_text() for path in modules())
    folder = ROOT / "templates"
    texts = {path: path.read_text() for path in folder.rglob("*") if path.is_file()}
    # Found by name through a library: allauth's, Django's forms and admin, and the error pages.
    by_name = ("account/", "mfa/", "usersessions/", "allauth/", "socialaccount/", "forms/", "admin/", "40", "50")
    unused = []
    for path in texts:
        name = path.relative_to(folder).as_posix()
        if name.startswith(by_name):
            continue
        # A letter is named `app/letter`, or by its own name in the app's emails.
        letter = name.rpartition("/")[2].split(".")[0]
        in_emails = "/emails/" in name and f'"{letter}"' in words_of_letters(name.split("/")[0])
        mentions = [name, name.replace("/emails/", "/").split(".")[0] if "/emails/" in name else name]
        others = [text for other, text in texts.items() if other != path]
        if not in_emails and not any(word in code or any(word in text for text in others) for word in mentions):
            unused.append(name)
    assert unused == []


def test_timetable_names_registered_tasks():
    app.loader.import_default_modules()
    assert set(TIMETABLE) - set(app.tasks) == set()


def our_models():
    return [model for model in apps.get_models() if model.__module__.startswith(OURS) and not hasattr(model, "pgh_obj")]


def test_who_and_when_are_bound_together():
    """Each pair of `…_at` and `…_by` is held together by a check in the database."""
    unbound = []
    for model in our_models():
        fields = {field.name for field in model._meta.get_fields()}
        checks = " ".join(
            str(check.condition) for check in model._meta.constraints if isinstance(check, CheckConstraint)
        )
        for field in fields:
            if field.endswith("_by") and f"{field[:-3]}_at" in fields:
                when = model._meta.get_field(f"{field[:-3]}_at")
                if when.null and f"{model.__name__}.{field}" not in BY_NOBODY and field not in checks:
                    unbound.append(f"{model.__name__}.{field}")
    assert unbound == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_data_model_names_every_table_of_ours_and_no_other():
    """In bold: what has a table today, and CourseText, which is a course seen otherwise."""
    described = re.findall(r"\*\*([A-Z][A-Za-z0-9]+)\*\*", (ROOT / "docs" / "data-model.md").read_text())
    assert set(described) == {model.__name__ for model in our_models()}


def test_booking_rules_name_settings_pages_and_tests_that_exist():
    text = (ROOT / "docs" / "booking-rules.md").read_text()
    rows = [line for line in text.splitlines() if re.match(r"\| B\d", line)]
    words = re.findall(r"`([^`]+)`", "\n".join(rows))
    fields = {field.name for model in our_models() for field in model._meta.get_fields()}
    pages = set(our_urls())
    wrong = []
    for word in words:
        file, _, test = word.partition("::")
        if word.startswith("tests/"):
            path = ROOT / file
            if not path.exists() or (test and f"def {test}(" not in path.read_text()):
                wrong.append(word)
        elif word not in fields | pages:
            wrong.append(word)
    assert [row.split("|")[1].strip() for row in rows] == [f"B{number}" for number in range(1, 28)]
    assert wrong == []

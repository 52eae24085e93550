"""What the payer sees: one page to give a card or to cancel, and one for a link that leads nowhere any more."""

import re
from html import escape
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from accounts import clock
from workforce_portal.pay_stand_in.answers import Answer, see
from workforce_portal.pay_stand_in.ledger import CANCELLED_BY_PAYER, CARDS, PAID, Card, Stored

if TYPE_CHECKING:
    from workforce_portal.pay_stand_in.server import StandIn

STYLE_PATH = "/style.css"
STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1a1a1a; font: 1.1875rem/1.4 system-ui, sans-serif; }
header { background: #5a2a6b; color: #fff; }
header div, main { max-width: 40rem; margin: 0 auto; padding: 1rem; }
header strong { display: block; font-size: 1.375rem; }
h1 { margin: 1rem 0; font-size: 2rem; line-height: 1.2; }
h2 { margin: 2rem 0 .5rem; font-size: 1.25rem; }
dl { margin: 0 0 2rem; border-top: 1px solid #b9b9b9; }
dl div { padding: .5rem 0; border-bottom: 1px solid #b9b9b9; overflow-wrap: anywhere; }
dt { font-weight: 700; }
dd { margin: 0; }
.total { font-size: 1.5rem; font-weight: 700; }
label { display: block; font-weight: 700; }
.hint { margin: 0 0 .5rem; color: #4a4a4a; }
.wrong { margin: 0 0 .5rem; color: #b3110b; font-weight: 700; }
.group { margin-bottom: 1.5rem; }
.group--wrong { padding-left: 1rem; border-left: .3rem solid #b3110b; }
input { width: 100%; max-width: 20rem; min-height: 2.75rem; padding: .375rem; border: 2px solid #1a1a1a; font: inherit; }
button { min-height: 2.75rem; margin: 0 .75rem .75rem 0; padding: .5rem 1.25rem; border: 2px solid #5a2a6b; border-radius: .25rem;
  background: #5a2a6b; color: #fff; font: inherit; font-weight: 700; cursor: pointer; }
button.quiet { background: #fff; color: #5a2a6b; }
:focus-visible { outline: 3px solid #ffdd00; outline-offset: 0; box-shadow: 0 0 0 6px #1a1a1a; }
ul { padding-left: 1.25rem; }
li { margin-bottom: .375rem; }
code { font-size: 1.0625rem; white-space: nowrap; }
"""
PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$before$title – stand-in for GOV.UK Pay</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><div>
<strong>Stand-in for GOV.UK Pay</strong> For trying things out: no money moves. Never give the number of a real card.
</div></header>
<main>
<h1>$title</h1>
$content
</main>
</body>
</html>
""")
PAYMENT = Template("""<dl>
<div><dt>Payment for</dt><dd>$description</dd></div>
<div><dt>Reference</dt><dd>$reference</dd></div>
<div><dt>Total</dt><dd class="total">$total</dd></div>
</dl>
<form method="post" novalidate>
$question
<button name="do" value="pay">Pay</button>
<button class="quiet" name="do" value="cancel">Cancel payment</button>
</form>
$cards""")
QUESTION = Template("""<div class="$group">
<label for="card">Card number</label>
<p class="hint" id="card-hint">One of the test numbers below, with or without spaces</p>
$problem
<input id="card" name="card" inputmode="numeric" autocomplete="off" spellcheck="false" value="$given" $about>
</div>""")


def page(status: int, title: str, content: str, *, goes_on_to: str = "", before: str = "") -> Answer:
    """A page that may load its style sheet, send its own form and go on to the portal, and nothing else."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(goes_on_to)) if goes_on_to else ""
    policy = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {origin}; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    return Answer(status, PAGE.substitute(before=before, title=escape(title), content=content).encode(), headers)


def style() -> Answer:
    return Answer(200, STYLE.encode(), {"Content-Type": "text/css; charset=utf-8"})


def arrive(stand_in: "StandIn", token: str) -> Answer:
    """The link opens once; the page behind it can be loaded anew."""
    visit = stand_in.ledger.use_link(token)
    return see(f"/card_details/{visit}") if visit else nothing_here()


def nothing_here() -> Answer:
    words = "<p>Each link to a payment opens once. Go back to the portal, and pay from there.</p>"
    return page(404, "This link does not lead to a payment", words)


def show(stand_in: "StandIn", visit: str) -> Answer:
    payment = payment_of(stand_in, visit)
    if payment is None:
        return nothing_here()
    return see(payment.asked["return_url"]) if payment.finished else payment_page(payment)


def decide(stand_in: "StandIn", visit: str, body: bytes) -> Answer:
    """Pay, or not; either way the payer goes back to where they came from, and is told there."""
    payment = payment_of(stand_in, visit)
    if payment is None:
        return nothing_here()
    said = parse_qs(body.decode(errors="replace"))
    if not payment.finished and said.get("do") == ["cancel"]:
        stand_in.ledger.finish(payment.id, CANCELLED_BY_PAYER, clock.now())
    elif not payment.finished:
        given = said.get("card", [""])[0]
        confirms = payment.status == "submitted"
        card = None if confirms else card_with(given)
        outcome = PAID if confirms else card.outcome if card else None
        if outcome is None:
            return payment_page(payment, given, what_is_wrong(given, card))
        stand_in.ledger.finish(payment.id, outcome, clock.now(), card=card.number if card else "")
    stand_in.courier.wake()
    return see(payment.asked["return_url"])


def payment_of(stand_in: "StandIn", visit: str) -> Stored | None:
    stand_in.ledger.expire(clock.now())
    return stand_in.ledger.payment_of_visit(visit)


def card_with(given: str) -> Card | None:
    digits = re.sub(r"[\s-]", "", given)
    return next((card for card in CARDS if card.number == digits), None)


def what_is_wrong(given: str, card: Card | None) -> str:
    if not given.strip():
        return "Enter a card number"
    if card is None:
        return "Enter one of the test card numbers below. No other is taken, and none is kept"
    return f"{card.brand} cards are not taken. Enter another number"


def payment_page(payment: Stored, given: str = "", problem: str = "") -> Answer:
    """Only what is on the list is repeated: anything else could be the number of a real card."""
    asked = payment.asked
    confirms = payment.status == "submitted"
    title = "Confirm your payment" if confirms else "Enter card details"
    content = PAYMENT.substitute(
        description=escape(asked["description"]),
        reference=escape(asked["reference"]),
        total=f"£{asked['amount'] / 100:,.2f}",
        question="" if confirms else question(given if card_with(given) else "", problem),
        cards="" if confirms else list_of_cards(),
    )
    before = "Error: " if problem else ""
    return page(400 if problem else 200, title, content, goes_on_to=asked["return_url"], before=before)


def question(given: str, problem: str) -> str:
    about = 'aria-describedby="card-hint"'
    words = ""
    if problem:
        about = 'aria-describedby="card-hint card-problem" aria-invalid="true" autofocus'
        words = f'<p class="wrong" id="card-problem"><span>Error:</span> {escape(problem)}</p>'
    group = "group group--wrong" if problem else "group"
    return QUESTION.substitute(group=group, given=escape(given), problem=words, about=about)


def list_of_cards() -> str:
    lines = "\n".join(f"<li><code>{card.in_groups}</code> {card.effect}</li>" for card in CARDS)
    return f"<h2>Test card numbers</h2>\n<ul>\n{lines}\n</ul>"

"""What the published interface takes, refuses and answers."""

import pytest
import requests

from tests.pay_stand_in import KEY

FACTS = {
    "amount": 14_500,
    "reference": "AIR-0001",
    "description": "2 places",
    "return_url": "http://localhost:8000/back/",
}


def create(pay, **facts):
    return pay.ask("POST", "/v1/payments", FACTS | facts)


def test_create_answers_in_the_published_shape(pay):
    answer = create(pay, email="wendy@example.org", metadata={"order": 7, "gift": False})
    said = answer.json()
    assert answer.status_code == 201
    assert said["state"] == {"status": "created", "finished": False}
    assert said["refund_summary"] == {"status": "pending", "amount_available": 14_500, "amount_submitted": 0}
    assert said["metadata"] == {"order": 7, "gift": False}
    assert said["created_date"].endswith("Z")
    links = said["_links"]
    assert links["self"] == {"href": f"{pay.address}/v1/payments/{said['payment_id']}", "method": "GET"}
    assert links["cancel"] == {"href": f"{pay.address}/v1/payments/{said['payment_id']}/cancel", "method": "POST"}
    pay.end(said["payment_id"])
    paid = pay.ask("GET", f"/v1/payments/{said['payment_id']}").json()
    assert paid["state"] == {"status": "success", "finished": True}
    assert (paid["_links"]["next_url"], paid["_links"]["cancel"]) == (None, None)
    assert paid["card_details"]["last_digits_card_number"] == "1111"


@pytest.mark.parametrize(
    ("facts", "status", "code", "field"),
    [
        ({"amount": None}, 400, "P0101", "amount"),
        ({"reference": ""}, 400, "P0101", "reference"),
        ({"amount": 0}, 422, "P0102", "amount"),
        ({"amount": -1}, 422, "P0102", "amount"),
        ({"amount": 10_000_001}, 422, "P0102", "amount"),
        ({"amount": 1.5}, 422, "P0102", "amount"),
        ({"amount": True}, 422, "P0102", "amount"),
        ({"amount": "14500"}, 422, "P0102", "amount"),
        ({"description": "a" * 256}, 422, "P0102", "description"),
        ({"description": 5}, 422, "P0102", "description"),
        ({"reference": "see https://example.org"}, 422, "P0102", "reference"),
        ({"return_url": "javascript:alert(1)"}, 422, "P0102", "return_url"),
        ({"return_url": "/back/"}, 422, "P0102", "return_url"),
        ({"email": "a" * 255}, 422, "P0102", "email"),
        ({"metadata": {}}, 422, "P0102", "metadata"),
        ({"metadata": {"a" * 31: "b"}}, 422, "P0102", "metadata"),
        ({"metadata": {"a": "b" * 101}}, 422, "P0102", "metadata"),
        ({"metadata": {"a": ["b"]}}, 422, "P0102", "metadata"),
        ({"metadata": {str(number): "b" for number in range(11)}}, 422, "P0102", "metadata"),
        ({"metadata": {"a": "<b>"}}, 400, "P0920", None),
    ],
)
def test_create_refuses_with_the_published_code(pay, facts, status, code, field):
    assert create(pay).status_code == 201
    refused = create(pay, **facts)
    said = refused.json()
    assert (refused.status_code, said["code"], said.get("field")) == (status, code, field)
    assert said["description"]


def test_create_takes_the_largest_and_the_smallest_amount(pay):
    assert create(pay, amount=1).status_code == create(pay, amount=10_000_000).status_code == 201


@pytest.mark.parametrize("said", [[], "text", 5])
def test_create_refuses_what_is_no_object(pay, said):
    refused = pay.ask("POST", "/v1/payments", said)
    assert (refused.status_code, refused.json()["code"]) == (400, "P0197")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"amount": 100}, 400, "P0601"),
        ({"refund_amount_available": 100}, 400, "P0601"),
        ({"amount": 0, "refund_amount_available": 14_500}, 422, "P0602"),
        ({"amount": "1", "refund_amount_available": 14_500}, 422, "P0602"),
        ({"amount": 1, "refund_amount_available": 14_499}, 412, "P0604"),
        ({"amount": 14_501, "refund_amount_available": 14_500}, 400, "P0603"),
        ([], 400, "P0697"),
        ({"amount": 14_500, "refund_amount_available": 14_500}, 202, None),
    ],
)
def test_refund_refuses_with_the_published_code(pay, said, status, code):
    payment_id = create(pay).json()["payment_id"]
    pay.end(payment_id)
    answer = pay.ask("POST", f"/v1/payments/{payment_id}/refunds", said)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize("key", ["", "a" * 256, "with space", "semi;colon"])
def test_create_refuses_a_key_of_another_form(pay, key):
    for sent, status in ((key, 422), ("a" * 255, 201)):
        answer = requests.post(
            f"{pay.address}/v1/payments",
            json=FACTS,
            headers={"Authorization": f"Bearer {KEY}", "Idempotency-Key": sent},
            timeout=30,
        )
        assert answer.status_code == status
    assert answer.json()["payment_id"]

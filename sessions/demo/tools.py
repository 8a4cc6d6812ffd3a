"""The tools of the demo's agents: arguments, result and the error of a bad day, with $words to fill in."""

from typing import NamedTuple


class Tool(NamedTuple):
    arguments: str
    result: str
    error: str


DEMO_TOOLS = {
    "track_order": Tool(
        '{"order_id": "$order"}',
        '{"order_id": "$order", "status": "in_transit", "last_scan": "$city", "days_late": $days}',
        "Northline tracking API: 504 Gateway Timeout after 10.0 s",
    ),
    "reship_order": Tool(
        '{"order_id": "$order", "speed": "express"}',
        '{"new_order_id": "$order-R", "promised": "$day", "charged": 0}',
        "warehouse: SKU is out of stock in $city",
    ),
    "refund_payment": Tool(
        '{"order_id": "$order", "amount": "$amount", "reason": "customer_request"}',
        '{"refund_id": "rf_$ticket", "amount": "$amount", "state": "accepted", "arrives_in_days": $days}',
        "payment provider: refund_payment failed with 409 already_disputed",
    ),
    "find_invoice": Tool(
        '{"customer": "$email", "invoice": "$invoice"}',
        '{"invoice": "$invoice", "total": "$amount", "lines": 3, "paid": true, "pdf": "https://files.example.com/$invoice.pdf"}',
        "billing database: connection pool exhausted",
    ),
    "correct_invoice": Tool(
        '{"invoice": "$invoice", "set": {"vat_id": "on file", "address": "$city"}}',
        '{"invoice": "$invoice", "corrected_as": "$invoice-C", "sent_to": "$email"}',
        "correct_invoice: the period is closed for changes",
    ),
    "reset_password": Tool(
        '{"account": "$email", "channel": "email"}',
        '{"sent": true, "expires_in_minutes": 30}',
        "identity service: too many reset requests for this account",
    ),
    "unlock_account": Tool(
        '{"account": "$email"}',
        '{"account": "$email", "locked": false, "second_factor": "kept"}',
        "identity service: account is locked by the security team",
    ),
    "find_booking": Tool(
        '{"reference": "$booking"}',
        '{"reference": "$booking", "flight": "$flight", "from": "$city", "to": "$city2", "seat": "14C"}',
        "reservation system: no booking with this reference",
    ),
    "change_flight": Tool(
        '{"reference": "$booking", "new_day": "$day"}',
        '{"reference": "$booking", "flight": "$flight", "difference": "$amount", "confirmed": true}',
        "reservation system: fare class is sold out",
    ),
    "run_tests": Tool(
        '{"path": "tests/", "quiet": true}',
        '{"passed": 41, "failed": 0, "seconds": 6.2}',
        "exit code 1: 2 failed, 39 passed - tests/test_totals.py::test_rounding",
    ),
    "read_file": Tool(
        '{"path": "billing/totals.py", "lines": "1-40"}',
        '{"text": "def total(lines):\\n    return sum(float(line.price) * line.count for line in lines)\\n"}',
        "read_file: no such file billing/totals.py",
    ),
    "apply_patch": Tool(
        '{"path": "billing/totals.py", "patch": "-    return sum(float(line.price) * line.count for line in lines)\\n'
        '+    return sum((line.price * line.count for line in lines), Decimal(0))"}',
        '{"applied": true, "hunks": 1}',
        "apply_patch: hunk 1 does not apply",
    ),
    "query_database": Tool(
        '{"sql": "SELECT status, count(*) FROM orders WHERE placed_at >= now() - interval \'7 days\' GROUP BY status"}',
        '{"rows": [["delivered", 1840], ["in_transit", 312], ["returned", 57]]}',
        "query_database: statement timeout after 30 s",
    ),
    "open_ticket": Tool(
        '{"queue": "second-level", "priority": "high", "customer": "$email"}',
        '{"ticket": "T-$ticket", "queue": "second-level", "first_answer_within_hours": 4}',
        "helpdesk: the queue second-level does not exist",
    ),
}

"""Who may see what: every address, callback, tile and number, as every post and as nobody.

An address that is in no row of the table fails the test: say first who may ask it.
"""

import re
from pathlib import Path

import pytest
from starlette.websockets import WebSocketDisconnect

from dashboard.admin.acts import ACTS
from gis.access.posts import POSTS, Held, Post, Right
from tests import builders
from tests.dashboard import signing
from tests.dashboard.town import CASE, EXACT, HOME, NAME, OTHER, OWN, PHONE, town
from tests.dashboard.town import app as app
from tests.dashboard.town import door as door

NOBODY = "nobody"
VIEWERS = (NOBODY, *Post)
# Everybody who is signed in; nobody but the browser of a person; anybody at all.
SIGNED_IN, PERSON, ANYBODY = "signed in", "person", "anybody"
# Who takes part in changes of boundaries.
READS_ORDERS = {Right.REDRAW, Right.APPROVE, Right.FILE}
# Who takes reports, works on cases or looks after those who do.
ASKS = {Right.REPORT, Right.CASES, Right.SUPERVISE}

ADDRESSES = {
    ("GET", "/"): SIGNED_IN,
    ("GET", "/labels"): SIGNED_IN,
    ("GET", "/outside"): SIGNED_IN,
    ("GET", "/worst"): SIGNED_IN,
    ("GET", "/then"): SIGNED_IN,
    ("GET", "/mark"): SIGNED_IN,
    ("GET", "/values"): SIGNED_IN,
    ("GET", "/coverage/values"): SIGNED_IN,
    ("GET", "/coverage/buildings"): SIGNED_IN,
    ("GET", "/coverage/facilities"): SIGNED_IN,
    ("GET", "/coverage/outline"): SIGNED_IN,
    ("GET", "/coverage/areas"): SIGNED_IN,
    ("GET", "/coverage/supposed"): SIGNED_IN,
    ("POST", "/coverage/areas/draft"): {Right.REDRAW},
    ("POST", "/coverage/areas/proposal"): {Right.PROPOSE},
    ("GET", "/coverage/way"): SIGNED_IN,
    ("GET", "/coverage/site"): SIGNED_IN,
    ("GET", "/incidents/measures"): SIGNED_IN,
    ("GET", "/incidents/measures/cases"): SIGNED_IN,
    ("GET", "/incidents/patterns/{kind}"): SIGNED_IN,
    ("GET", "/incidents/map"): SIGNED_IN,
    ("GET", "/incidents/place"): SIGNED_IN,
    ("GET", "/incidents/list.{kind}"): {Right.EXPORT},
    **dict.fromkeys(
        [
            ("GET", f"/open311/v2/{what}.{{form}}")
            for what in ("discovery", "services", "services/{code}", "requests", "requests/{key}")
        ],
        SIGNED_IN,
    ),
    ("GET", "/open311/v2/tokens/{token}.{form}"): {Right.REPORT},
    ("POST", "/open311/v2/requests.{form}"): {Right.REPORT},
    ("GET", "/incidents/hotline"): {Right.REGISTER},
    ("POST", "/incidents/hotline"): {Right.REGISTER},
    ("POST", "/incidents/hotline/columns"): {Right.REGISTER},
    ("POST", "/incidents/hotline/{number}/confirm"): {Right.REGISTER},
    ("POST", "/incidents/hotline/{number}/drop"): {Right.REGISTER},
    ("GET", "/search"): SIGNED_IN,
    ("GET", "/locate"): SIGNED_IN,
    ("GET", "/picture.svg"): SIGNED_IN,
    ("GET", "/health"): ANYBODY,
    ("GET", "/sign-in"): ANYBODY,
    ("POST", "/sign-in"): ANYBODY,
    ("POST", "/sign-in/demo"): ANYBODY,
    ("GET", "/sign-in/code"): ANYBODY,
    ("POST", "/sign-in/code"): ANYBODY,
    ("GET", "/sign-in/enrol"): ANYBODY,
    ("POST", "/sign-in/enrol"): ANYBODY,
    ("GET", "/sign-in/password"): ANYBODY,
    ("POST", "/sign-in/password"): ANYBODY,
    ("POST", "/sign-out"): SIGNED_IN,
    ("GET", "/account"): SIGNED_IN,
    ("POST", "/account/sessions/end"): SIGNED_IN,
    ("POST", "/account/sessions/end-all"): SIGNED_IN,
    ("GET", "/account/here"): SIGNED_IN,
    ("POST", "/account/here"): SIGNED_IN,
    ("GET", "/admin"): {Right.ACCOUNTS, Right.GRANT},
    ("POST", "/admin/accounts"): {Right.ACCOUNTS},
    ("GET", "/admin/accounts/{number}"): {Right.ACCOUNTS, Right.GRANT},
    ("POST", "/admin/accounts/{number}/{act}"): {Right.ACCOUNTS},
    ("GET", "/admin/posts"): {Right.ACCOUNTS, Right.GRANT},
    ("GET", "/admin/staff"): {Right.ACCOUNTS, Right.GRANT},
    ("POST", "/admin/staff"): {Right.GRANT},
    ("POST", "/admin/staff/end"): {Right.GRANT},
    ("GET", "/admin/webhooks"): {Right.SETTINGS},
    ("POST", "/admin/webhooks"): {Right.SETTINGS},
    ("POST", "/admin/webhooks/end"): {Right.SETTINGS},
    ("GET", "/admin/calendar"): {Right.SETTINGS},
    ("POST", "/admin/calendar/{act}"): {Right.SETTINGS},
    # And for who dispatches in the whole city: `test_rules.py`.
    ("GET", "/admin/rules"): {Right.SETTINGS},
    ("POST", "/admin/rules/{act}"): {Right.SETTINGS},
    ("GET", "/admin/escalation"): {Right.SETTINGS},
    ("POST", "/admin/escalation/{act}"): {Right.SETTINGS},
    ("GET", "/audit"): {Right.AUDIT},
    ("POST", "/audit/verify"): {Right.AUDIT},
    ("POST", "/reveal"): {Right.REVEAL},
    ("GET", "/boundaries/{number}/ground"): READS_ORDERS,
    ("GET", "/boundaries/{number}/roads"): READS_ORDERS,
    ("GET", "/boundaries/{number}/buildings"): READS_ORDERS,
    ("POST", "/boundaries/{number}/do"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/try"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/undo"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/redo"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/remedy"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/balance"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/balance/stop"): {Right.REDRAW},
    ("GET", "/boundaries/{number}/hints"): {Right.REDRAW},
    ("GET", "/orders/{number}/sheet"): READS_ORDERS,
    ("GET", "/orders/{number}/sheet.{kind}"): {Right.EXPORT},
    ("GET", "/zoning/{key}/at/{day}.{kind}"): {Right.EXPORT},
    ("GET", "/history"): SIGNED_IN,
    ("GET", "/history/unit/{number}"): SIGNED_IN,
    ("GET", "/history/numbers"): SIGNED_IN,
    ("GET", "/orders"): SIGNED_IN,
    ("POST", "/orders"): {Right.REDRAW},
    ("GET", "/orders/{number}"): SIGNED_IN,
    ("POST", "/orders/{number}/title"): {Right.REDRAW},
    ("POST", "/orders/{number}/act"): {Right.APPROVE},
    ("POST", "/orders/{number}/reverse"): {Right.REDRAW},
    ("GET", "/orders/{number}/comments"): READS_ORDERS,
    ("POST", "/orders/{number}/comments"): READS_ORDERS,
    ("GET", "/orders/notices"): SIGNED_IN,
    ("POST", "/orders/notices/seen"): SIGNED_IN,
    ("GET", "/coverage/sheet.{kind}"): {Right.EXPORT},
    ("GET", "/coverage/gaps.{kind}"): {Right.EXPORT},
    ("GET", "/coverage/streets.{kind}"): {Right.EXPORT},
    ("GET", "/coverage/standards.{kind}"): {Right.EXPORT},
    ("GET", "/coverage/history"): SIGNED_IN,
    ("GET", "/coverage/candidates"): {Right.PLAN},
    ("POST", "/coverage/candidates"): {Right.PLAN},
    ("POST", "/coverage/candidates/{number}/delete"): {Right.PLAN},
    ("GET", "/scenarios"): {Right.PLAN},
    ("POST", "/scenarios"): {Right.PLAN},
    ("GET", "/scenarios/{number}"): {Right.PLAN},
    ("POST", "/scenarios/{number}"): {Right.PLAN},
    ("POST", "/scenarios/{number}/delete"): {Right.PLAN},
    ("GET", "/scenarios/{number}/values"): {Right.PLAN},
    ("POST", "/scenarios/{number}/answer"): {Right.PLAN},
    ("POST", "/incidents"): {Right.REPORT},
    ("GET", "/incidents/whose"): ASKS,
    ("GET", "/incidents/duplicates"): ASKS,
    ("GET", "/incidents/near"): ASKS,
    ("GET", "/incidents/{key}"): SIGNED_IN,
    ("GET", "/incidents/alerts"): SIGNED_IN,
    ("GET", "/incidents/filters"): SIGNED_IN,
    ("POST", "/incidents/filters"): SIGNED_IN,
    ("POST", "/incidents/filters/{number}"): SIGNED_IN,
    ("POST", "/incidents/filters/{number}/delete"): SIGNED_IN,
    ("POST", "/incidents/acts/{act}"): {Right.REGISTER},
    ("POST", "/incidents/{key}/acts/{act}"): {Right.REGISTER},
    ("GET", "/incidents/{key}/comments"): SIGNED_IN,
    ("POST", "/incidents/{key}/comments"): {Right.CASES},
    ("POST", "/incidents/{key}/reporters"): {Right.CASES},
    ("POST", "/incidents/{key}/reports"): {Right.REPORT},
    ("GET", "/incidents/{key}/subscription"): {Right.CASES},
    ("POST", "/incidents/{key}/subscription"): {Right.CASES},
    ("POST", "/incidents/{key}/notices/seen"): SIGNED_IN,
    ("GET", "/incidents/{key}/files"): SIGNED_IN,
    ("POST", "/incidents/{key}/files"): {Right.REPORT, Right.CASES},
    ("GET", "/incidents/{key}/files/{number}"): SIGNED_IN,
    ("GET", "/incidents/{key}/files/{number}/thumbnail"): SIGNED_IN,
    ("POST", "/incidents/{key}/files/{number}/removal"): {Right.REPORT, Right.CASES},
    ("GET", "/incidents/{key}/sheet.pdf"): SIGNED_IN,
    ("GET", "/jobs"): SIGNED_IN,
    ("POST", "/jobs"): {Right.PLAN},
    ("GET", "/jobs/{number}"): SIGNED_IN,
    ("POST", "/jobs/{number}/cancel"): SIGNED_IN,
    ("GET", "/opening"): SIGNED_IN,
    ("GET", "/_dash-layout"): SIGNED_IN,
    ("GET", "/_dash-dependencies"): SIGNED_IN,
    ("POST", "/_dash-update-component"): SIGNED_IN,
    ("GET", "/_reload-hash"): SIGNED_IN,
    ("GET", "/_favicon.ico"): SIGNED_IN,
    ("GET", "/assets"): SIGNED_IN,
    ("GET", "/_dash-component-suites/plotly/package_data/plotly.min.js"): SIGNED_IN,
    ("GET", "/_dash-component-suites/{package_name}/{fingerprinted_path:path}"): SIGNED_IN,
    ("GET", "/{path:path}"): SIGNED_IN,
    ("SOCKET", "/_dash-ws-callback"): SIGNED_IN,
    ("SOCKET", "/live"): SIGNED_IN,
}
# Of the acts about an account, whose address is one.
OF_ACTS = {
    **dict.fromkeys(("grant", "end-grant"), Right.GRANT),
    **dict.fromkeys(
        ("rename", "disable", "enable", "unlock", "reset", "remove-code", "link", "token",
         "end-token"),
        Right.ACCOUNTS,
    ),
}  # fmt: skip
ASKED = {
    "/labels": "?level=2&language=zh",
    "/mark": "?of=building:1",
    "/values": "?measure=people&level=2",
    "/coverage/values": "?kinds=clinic&level=3",
    "/coverage/buildings": "?kinds=clinic",
    "/coverage/facilities": "?kinds=clinic",
    "/coverage/outline": "?kinds=clinic",
    "/coverage/areas": "?kinds=clinic",
    "/coverage/supposed": "?kinds=clinic&moved=1:114,22.5",
    # Of a unit that there is not.
    "/coverage/areas/draft": "?kinds=clinic&unit=999999",
    "/coverage/areas/proposal": "?kinds=clinic&unit=999999",
    "/coverage/way": "?kinds=clinic&building=1",
    "/coverage/site": "?kinds=clinic&at=114.005,22.505",
    "/incidents/measures/cases": "?count=overdue",
    "/search": "?q=x",
    "/incidents/map": "?cases=soon",
    "/incidents/alerts": "?ids=1,2",
    "/incidents/place": "?at=114.005,22.505",
    "/incidents/hotline": "?file=x.csv",
    "/incidents/hotline/columns": "?file=x.csv",
    "/locate": "?q=x",
    "/assets": "/citygrid.js",
    "/history": "?at=2026-01-02",
    "/history/numbers": "?at=2026-01-02&within=1",
    "/boundaries/{number}/roads": "?bounds=114,22.5,114.01,22.51",
    "/boundaries/{number}/buildings": "?unit=3",
    "/boundaries/{number}/hints": "?unit=3",
    "/scenarios/{number}/values": "?level=3&against=2",
    "/coverage/history": "?indicator=health_centre&unit=1",
    "/coverage/candidates": "?name=x&file=x.csv",
    "/incidents/whose": "?lon=114.005&lat=22.505",
    "/incidents/duplicates": "?lon=114.005&lat=22.505&scheme=gb&small=0101",
    "/incidents/near": "?lon=114.005&lat=22.505",
}
SUPPOSED = {
    "name": "x", "question": {"kinds": ["clinic"], "metres": 9},
    "changes": [{"do": "close", "facility": 1}],
}  # fmt: skip
# What a browser sends; of no order that there is.
SENT = {
    "/orders": {"title": "x", "within": [999]},
    "/orders/{number}/title": {"title": "x"},
    "/orders/{number}/act": {"act": "check"},
    "/orders/{number}/reverse": {},
    "/orders/{number}/comments": {"text": "x"},
    "/orders/notices/seen": {"ids": []},
    "/jobs": {"kind": "indicators"},
    "/incidents": {"scheme": "x", "small": "y", "lon": 114.005, "lat": 22.505},
    "/incidents/filters": {"name": "x", "query": "?cases=mine"},
    "/incidents/filters/{number}": {"name": "x"},
    "/incidents/acts/{act}": {"cases": [{"key": "x", "seen_version": 0}]},
    "/incidents/{key}/acts/{act}": {"seen_version": 0},
    "/incidents/hotline/{number}/confirm": {
        "scheme": "x", "small": "y", "lon": 114.005, "lat": 22.505
    },
    "/incidents/hotline/{number}/drop": {"reason": "x"},
    "/incidents/{key}/comments": {"text": "x"},
    "/incidents/{key}/reporters": {"reason": "call back"},
    "/incidents/{key}/reports": {"text": "x"},
    "/incidents/{key}/subscription": {"on": True},
    "/incidents/{key}/files/{number}/removal": {"reason": "wrong lamp"},
    "/scenarios": SUPPOSED,
    "/scenarios/{number}": SUPPOSED,
    "/reveal": {"person": 1, "fields": ["name"], "reason": ""},
    **{
        f"/boundaries/{{number}}/{what}": {
            "revision": 0, "operation": {"do": "retire", "unit": 1}, "key": "x", "scope": 1
        }
        for what in ("do", "try", "undo", "redo", "remedy", "balance")
    },
}  # fmt: skip


# Where the answer depends on the place asked about: the test that asks inside and outside of reach.
PLACED = {
    ("GET", "/values"): "test_matrix_told.py::test_what_the_map_is_coloured_by",
    ("GET", "/coverage/values"):
        "test_coverage_told.py::test_what_the_map_is_coloured_by_in_the_coverage_mode",
    ("GET", "/incidents/map"):
        "test_matrix_told.py::test_the_map_of_a_list_shows_what_the_list_does",
    ("GET", "/incidents/list.{kind}"):
        "test_case_list.py::test_cases_about_persons_are_in_it_for_who_works_on_them_without_words",
    **dict.fromkeys(
        [("GET", "/incidents/hotline"), ("POST", "/incidents/hotline"),
         ("POST", "/incidents/hotline/columns"),
         ("POST", "/incidents/hotline/{number}/confirm"),
         ("POST", "/incidents/hotline/{number}/drop")],
        "test_hotline.py::test_what_waits_is_seen_and_decided_by_who_registers_there",
    ),
    **dict.fromkeys(
        [("GET", f"/open311/v2/{what}.{{form}}") for what in ("requests", "requests/{key}")],
        "test_open311.py::test_what_is_about_a_person_is_told_to_no_program",
    ),
    ("POST", "/open311/v2/requests.{form}"):
        "test_open311.py::test_a_report_that_cannot_be_is_refused_in_one_sentence",
    ("GET", "/open311/v2/tokens/{token}.{form}"):
        "test_open311.py::test_the_same_sent_twice_is_one_and_its_key_is_its_token",
    ("POST", "/_dash-update-component"): "test_matrix_told.py::test_what_a_callback_tells",
    ("GET", "/opening"):
        "test_matrix_told.py::test_a_page_is_opened_with_what_its_callbacks_tell",
    ("POST", "/reveal"): "test_matrix.py::test_who_unmasks_whom",
    ("SOCKET", "/live"): "test_live.py::test_an_order_is_news_for_those_it_concerns",
    ("GET", "/boundaries/{number}/ground"):
        "test_editing.py::test_who_does_not_hold_both_sides_is_told_tens_and_nothing_of_care",
    ("GET", "/boundaries/{number}/buildings"):
        "test_editing.py::test_the_form_lists_the_buildings_of_a_unit_as_it_is_drawn",
    ("GET", "/orders/{number}/sheet"):
        "test_reports.py::test_care_is_on_the_screen_for_who_may_see_it_and_never_taken_out",
    ("GET", "/orders/{number}/sheet.{kind}"):
        "test_reports.py::test_others_take_rounded_totals_and_no_person_out",
    **dict.fromkeys(
        [("POST", f"/boundaries/{{number}}/{what}") for what in ("do", "try", "remedy")],
        "test_editing.py::test_what_is_anothers_is_not_ones_own_to_draw_or_rename",
    ),
    ("GET", "/coverage/sheet.{kind}"):
        "jobs/test_out.py::test_numbers_of_persons_are_as_the_viewer_may_know_them",
    **dict.fromkeys(
        [("GET", "/incidents/measures"), ("GET", "/incidents/measures/cases"),
         ("GET", "/incidents/patterns/{kind}")],
        "test_incident_patterns.py::test_cases_about_persons_count_for_who_may_see_them",
    ),
    ("GET", "/coverage/history"):
        "jobs/test_out.py::test_an_indicator_is_told_day_after_day_alike_to_all",
    ("GET", "/coverage/standards.{kind}"):
        "jobs/test_out.py::test_all_standards_are_a_file_as_the_viewer_may_know_them",
    ("GET", "/coverage/streets.{kind}"):
        "jobs/test_out.py::test_what_is_odd_about_the_streets_is_told_alike_to_all",
    ("GET", "/coverage/gaps.{kind}"):
        "jobs/test_out.py::test_doors_are_listed_for_who_sees_the_homes_and_persons_for_nobody",
    **dict.fromkeys(
        [("GET", "/scenarios"), ("POST", "/scenarios"), ("POST", "/scenarios/{number}"),
         ("POST", "/scenarios/{number}/delete"), ("POST", "/scenarios/{number}/answer")],
        "jobs/test_scenarios.py::test_what_is_anothers_is_his",
    ),
    **dict.fromkeys(
        [("GET", "/scenarios/{number}"), ("GET", "/scenarios/{number}/values")],
        "jobs/test_scenarios.py::test_what_it_comes_to_is_told_as_each_may_know_it",
    ),
    **dict.fromkeys(
        [("GET", "/coverage/candidates"), ("POST", "/coverage/candidates"),
         ("POST", "/coverage/candidates/{number}/delete")],
        "test_candidates.py::test_what_is_anothers_is_his_until_it_is_shared",
    ),
    ("POST", "/jobs"): "jobs/test_working.py::test_a_job_is_done_as_its_viewer_may_know_it",
    **dict.fromkeys(
        [("GET", "/jobs"), ("GET", "/jobs/{number}"), ("POST", "/jobs/{number}/cancel")],
        "../gis/jobs/test_jobs.py::test_nobody_sees_or_cancels_the_job_of_another",
    ),
    ("GET", "/orders"):
        "../gis/orders/test_drafts.py::test_drafts_are_listed_for_their_author_only",
    ("GET", "/orders/{number}"):
        "../gis/orders/test_drafts.py::test_drafts_are_listed_for_their_author_only",
    ("POST", "/orders"): "../gis/orders/test_drafts.py::test_who_may_not_redraw_makes_no_draft",
    ("POST", "/orders/{number}/title"):
        "../gis/orders/test_drafts.py::test_only_the_author_writes_a_draft",
    ("POST", "/orders/{number}/act"):
        "../layers/test_orders.py::test_an_order_across_two_quarters_asks_both",
    ("POST", "/orders/{number}/reverse"):
        "../layers/test_orders.py::test_an_empty_order_and_one_of_others_units_are_not_submitted",
    **dict.fromkeys(
        [("POST", f"/boundaries/{{number}}/{what}") for what in ("undo", "redo")],
        "test_editing.py::test_only_who_drew_a_draft_draws_on_and_others_may_look",
    ),
    **dict.fromkeys(
        [("POST", "/boundaries/{number}/balance"), ("GET", "/boundaries/{number}/hints")],
        "test_balancing.py::test_who_may_not_redraw_the_scope_is_refused",
    ),
    ("POST", "/coverage/areas/draft"):
        "test_following.py::test_who_may_not_redraw_the_unit_draws_nothing",
    ("POST", "/coverage/areas/proposal"):
        "test_following.py::test_who_plans_proposes_and_who_heads_the_units_decides",
    ("GET", "/incidents/whose"):
        "../layers/handling/test_known.py::test_whom_to_call_is_told_who_has_to_do_with_it",
    ("GET", "/incidents/duplicates"):
        "../layers/handling/test_known.py::test_what_may_be_about_a_person_is_no_duplicate_for_others",
    ("GET", "/incidents/near"):
        "../layers/handling/test_known.py::test_how_many_live_there_is_for_who_sees_the_persons",
    ("POST", "/incidents"):
        "../layers/handling/test_cases.py::test_what_cannot_be_is_told_and_the_others_are_reported",
    ("GET", "/incidents/{key}"): "../layers/handling/test_cases.py"
        "::test_steps_comments_and_reporters_are_seen_by_whom_they_concern",
    ("GET", "/incidents/alerts"): "test_ringing.py::test_who_is_rung_for_what",
    **dict.fromkeys(
        [("GET", "/incidents/filters"), ("POST", "/incidents/filters"),
         ("POST", "/incidents/filters/{number}"), ("POST", "/incidents/filters/{number}/delete")],
        "../layers/handling/test_filters.py::test_a_filter_is_its_keepers_until_it_is_shared",
    ),
    ("POST", "/incidents/acts/{act}"):
        "../layers/handling/test_several.py::test_whose_it_is_not_is_told_so_for_each",
    ("POST", "/incidents/{key}/acts/{act}"): "../layers/handling/test_cases.py"
        "::test_who_may_not_see_a_case_about_a_person_is_told_there_is_none",
    **dict.fromkeys(
        [("GET", "/incidents/{key}/comments"), ("POST", "/incidents/{key}/comments")],
        "../layers/handling/test_cases.py"
        "::test_steps_comments_and_reporters_are_seen_by_whom_they_concern",
    ),
    ("POST", "/incidents/{key}/reporters"): "../layers/handling/test_cases.py"
        "::test_who_reported_is_told_with_a_reason_and_written_down",
    ("POST", "/incidents/{key}/reports"): "../layers/handling/test_again.py"
        "::test_what_one_may_not_see_or_report_one_is_not_added_to",
    ("POST", "/incidents/{key}/notices/seen"): "../layers/handling/test_routing.py"
        "::test_a_report_goes_where_the_rules_say",
    **dict.fromkeys(
        [("GET", "/incidents/{key}/subscription"), ("POST", "/incidents/{key}/subscription")],
        "../layers/handling/test_cases.py::test_subscribing_is_for_who_sees_the_case",
    ),
    **dict.fromkeys(
        [("GET", "/incidents/{key}/files"), ("GET", "/incidents/{key}/files/{number}"),
         ("GET", "/incidents/{key}/files/{number}/thumbnail")],
        "../layers/handling/test_attached.py::test_who_sees_a_case_sees_its_files_and_nobody_else",
    ),
    **dict.fromkeys(
        [("POST", "/incidents/{key}/files"), ("POST", "/incidents/{key}/files/{number}/removal")],
        "../layers/handling/test_attached.py"
        "::test_who_does_not_work_on_a_case_adds_and_removes_nothing",
    ),
    ("GET", "/incidents/{key}/sheet.pdf"):
        "test_case_files.py::test_who_may_print_a_case_and_who_is_told_who_reported_it",
    ("GET", "/history/numbers"): "../layers/test_then.py"
        "::test_who_does_not_hold_all_of_the_ground_is_told_what_everybody_is",
}  # fmt: skip
# What names a place and tells everybody who may ask the same of it.
SAME = {
    ("GET", "/labels"): "?level=3&language=zh&within={unit}",
    ("GET", "/outside"): "?unit={unit}",
    ("GET", "/history"): "?at=2026-01-02",
    ("GET", "/history/unit/{number}"): "",
    ("GET", "/then"): "?at=2026-01-02T00:00:00Z&level=3&language=zh&within={unit}",
    ("GET", "/mark"): "?of=building:{home}",
    ("GET", "/search"): "?q=郑重其",
    ("GET", "/locate"): "?q=郑重其",
    ("GET", "/picture.svg"): "?unit={unit}",
    ("GET", "/worst"): "",
    ("GET", "/incidents/place"): "?at=114.005,22.505",
    ("GET", "/coverage/buildings"): "?kinds=clinic&unit={unit}",
    ("GET", "/coverage/facilities"): "?kinds=clinic&unit={unit}",
    ("GET", "/coverage/outline"): "?kinds=clinic&unit={unit}",
    ("GET", "/coverage/areas"): "?kinds=clinic&unit={unit}",
    ("GET", "/coverage/supposed"): "?kinds=clinic&unit={unit}&moved=1:114,22.5",
    ("GET", "/coverage/way"): "?kinds=clinic&building={home}",
    ("GET", "/coverage/site"): "?kinds=clinic&unit={unit}&at=114.005,22.505",
}
# What is of no place: the account, the page itself, all accounts, whole layers.
PLACELESS = {
    address for address in ADDRESSES
    if address[1].startswith(
        ("/sign-", "/account", "/admin", "/audit", "/health", "/assets", "/_", "/zoning/",
         "/{path")
    )
    and address not in PLACED
} | {
    # Of an order that one may read.
    ("GET", "/orders/{number}/comments"), ("POST", "/orders/{number}/comments"),
    ("GET", "/orders/notices"), ("POST", "/orders/notices/seen"),
} | {
    ("GET", "/"), ("GET", "/boundaries/{number}/roads"),
    *(("GET", f"/open311/v2/{what}.{{form}}")
      for what in ("discovery", "services", "services/{code}")),
    # What one has begun oneself.
    ("POST", "/boundaries/{number}/balance/stop"),
}  # fmt: skip


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as engine:
        yield engine


@pytest.fixture(scope="module", params=VIEWERS, ids=str)
def viewer(request, app, door):
    """Who looks, and his browser."""
    who = request.param
    with signing.client_of(app, door, None if who == NOBODY else who.value) as client:
        client.follow_redirects = False
        yield who, client


def rights_of(who):
    return frozenset() if who == NOBODY else POSTS[who].rights


def addresses(app):
    """Return every address there is: method and path."""
    app._setup_server()
    for route in app.server.routes:
        kind = type(route).__name__
        if "WebSocket" in kind:
            yield "SOCKET", route.path
        else:
            for method in getattr(route, "methods", None) or {"GET"}:
                if method != "HEAD":
                    yield method, route.path


def test_every_address_is_in_the_table(app):
    assert set(addresses(app)) == set(ADDRESSES)


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a[0] != "SOCKET"], ids=str)
def test_who_may_ask_an_address(viewer, address):
    who, client = viewer
    method, path = address
    # With a form that was not drawn here: what is asked is whether one may ask at all.
    fields = {"form": "0"}
    act = "register" if path.startswith("/incidents") else "rename"
    asked = re.sub(r"\{number\}", "1", path).replace("{act}", act)
    asked = asked.replace("{key}/at/{day}.{kind}", "main/at/2026-05-01.gpkg")
    asked = asked.replace("{kind}", "xlsx").replace("{form}", "json")
    asked = re.sub(r"\{.*?\}", "nothing", asked) + ASKED.get(path, "")
    sent = {"json": SENT[path]} if path in SENT else {}
    answer = client.request(
        method, asked, **(sent or ({"data": fields} if method == "POST" else {}))
    )
    for told in (NAME, PHONE, CASE):
        assert told not in answer.text
    wanted = ADDRESSES[address]
    if wanted == ANYBODY:
        assert answer.status_code != 401
    elif who == NOBODY:
        # The standard has it so.
        assert answer.status_code == (403 if path.startswith("/open311/") else 401)
    elif isinstance(wanted, set):
        is_allowed = bool(rights_of(who) & wanted)
        assert (answer.status_code == 403) is not is_allowed, answer.text[:200]
    else:
        assert answer.status_code not in (401, 403), answer.text[:200]


@pytest.mark.parametrize("act", ACTS)
def test_who_may_do_what_about_an_account(viewer, act):
    who, client = viewer
    answer = client.post(f"/admin/accounts/1/{act}", data={"form": "0"})
    if who == NOBODY:
        assert answer.status_code == 401
    else:
        assert (answer.status_code == 403) is (OF_ACTS[act] not in rights_of(who))


def test_every_act_about_an_account_is_in_the_table():
    assert set(OF_ACTS) == set(ACTS)


def test_nobody_opens_a_socket_unasked(app):
    with signing.client_of(app) as client:
        for path in ("/_dash-ws-callback", "/live"):
            with (
                pytest.raises(WebSocketDisconnect) as refused,
                client.websocket_connect(path, headers={"host": "127.0.0.1"}),
            ):
                pass
            assert refused.value.code == 4401


def test_of_every_address_it_is_said_how_place_matters():
    kinds = [set(PLACED), set(SAME), PLACELESS]
    assert set().union(*kinds) == set(ADDRESSES)
    assert sum(map(len, kinds)) == len(ADDRESSES)


@pytest.mark.parametrize("where", sorted(set(PLACED.values())))
def test_the_test_that_asks_in_and_out_of_reach_exists(where):
    file, _, name = where.partition("::")
    assert f"\ndef {name}(" in (Path(__file__).parent / file).read_text("utf-8")


@pytest.fixture(scope="module")
def as_a_planner(app, door):
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        yield client


@pytest.mark.parametrize("place", [OWN, OTHER], ids=["own", "other"])
@pytest.mark.parametrize("address", SAME, ids=str)
def test_what_is_the_same_for_all_tells_no_person(viewer, as_a_planner, address, place):
    who, client = viewer
    asked = (address[1] + SAME[address]).format(number=place, unit=place, home=HOME[place])
    answer = client.get(asked)
    if who == NOBODY:
        assert answer.status_code == 401
        return
    assert answer.status_code in (200, 204)
    assert answer.content == as_a_planner.get(asked).content
    for told in (NAME, PHONE, CASE, str(EXACT), f"{EXACT:,}"):
        assert told not in answer.text


@pytest.mark.parametrize("place", [OWN, OTHER], ids=["own", "other"])
def test_who_unmasks_whom(viewer, place):
    who, client = viewer
    asked = {"person": HOME[place], "fields": ["name"], "reason": "上门核实登记信息"}
    answer = client.post("/reveal", json=asked)
    if who == NOBODY:
        assert answer.status_code == 401
    elif Right.REVEAL not in rights_of(who):
        assert answer.status_code == 403
    elif place == OTHER:
        # As if there were no such person.
        assert answer.status_code == 404
    else:
        assert answer.json() == {"values": {"name": f"{NAME}{HOME[OWN]}"}}
    assert (NAME in answer.text) is (
        place == OWN and who != NOBODY and Right.REVEAL in rights_of(who)
    )


def test_every_post_is_held_on_something():
    assert {POSTS[post].held_on for post in Post} == set(Held)
    assert builders.CITY.is_synthetic


def test_the_readme_says_what_each_post_may_do():
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    for duty in POSTS.values():
        may = ", ".join(right.value for right in Right if right in duty.rights)
        row = f"| {duty.names['en']} {duty.names['zh']} | {duty.held_on.value} | {may} |"
        assert row in readme

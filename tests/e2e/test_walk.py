"""One unannounced inspection goes the whole way, through real screens, in every role that takes part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.steps import auditor, case, founding, meeting, planning, record, site
from tests.e2e.steps.town import LEADER, Town


def the_office_opens(town: Town) -> None:
    founding.open_the_office(town)


def tenders_come_in(town: Town) -> None:
    founding.import_tenders(town)
    founding.enter_experts(town)
    founding.invite_the_agency(town)


def a_visit_is_planned(town: Town) -> None:
    visit = planning.plan_a_visit(town)
    planning.nobody_else_sees_it(town, visit)
    planning.approve_the_plan(town, visit)
    planning.nobody_else_sees_it(town, visit)


def the_site_is_inspected(town: Town) -> None:
    tablets = site.get_ready(town)
    site.cut(town, tablets)
    site.record(town, tablets)
    site.die_and_come_back(tablets[LEADER.login])
    site.restore(town, tablets)
    site.finish(town, tablets)
    site.check_the_server(town)


def the_record_goes_out(town: Town) -> None:
    record.tidy(town)
    record.confirm(town)
    record.approve(town)
    record.issue(town)
    record.judge_the_test(town)
    record.read_the_files(town)


def the_agency_mends(town: Town) -> None:
    case.ask_for_time(town)
    case.remind(town)
    case.answer(town)
    case.send(town)
    case.review(town)
    case.answer_again(town)
    case.deduct(town)
    case.close(town)


def the_meeting_sits(town: Town) -> None:
    meeting.prepare(town)
    meeting.filter_by_agency_and_programme(town)
    meeting.rule(town)
    meeting.freeze(town)
    meeting.follow_the_ruling(town)


def nothing_is_typed_twice(town: Town) -> None:
    record.copy_out(town)


def everything_is_on_record(town: Town) -> None:
    auditor.read_the_log(town)
    auditor.verify_the_chain(town)


STAGES = (
    the_office_opens,
    tenders_come_in,
    a_visit_is_planned,
    the_site_is_inspected,
    the_record_goes_out,
    the_agency_mends,
    the_meeting_sits,
    nothing_is_typed_twice,
    everything_is_on_record,
)


@pytest.mark.timeout(900)
def test_one_inspection_goes_the_whole_way(
    make_product: Callable[..., Any],
    open_context: Callable[..., Any],
    open_device: Callable[..., Any],
    tmp_path: Path,
) -> None:
    product = make_product()
    product.cli("migrate")
    town = Town(product.start(), open_context, open_device, tmp_path)
    for stage in STAGES:
        stage(town)
    assert town.grave == [], "\n".join(town.grave)

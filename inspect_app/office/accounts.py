"""The administrator's pages: who may sign in, with which roles, in which state."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from inspect_app.accounts import (
    credentials,
    directory,
    mail_changes,
    queries,
    second_step,
    services,
    sign_in_steps,
)
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import ROLE_NAMES, Permission, Role
from inspect_app.accounts.sessions import revoke_device
from inspect_app.errors import Problem
from inspect_app.notifications.services import deliveries
from inspect_app.office.blueprint import blueprint
from inspect_app.office.forms import Day, Form, FormSchema, bind, once, page
from inspect_app.office.listing import listing
from inspect_app.office.versions import hold, opened, unless_changed
from inspect_app.projects import queries as projects

ROLE_HINTS = {
    Role.INSPECTOR: "到現場查核、評分、簽名",
    Role.LEADER: "帶隊，定改善期限",
    Role.STAFF: "記錄、代登、整理文字",
    Role.COORDINATOR: "排查核、發文、審查改善結果",
    Role.CONVENER: "核定名單、通知與紀錄",
    Role.SECRETARY: "準備督導會報、登錄裁示",
    Role.AGENCY_HANDLER: "填改善結果（要選機關）",
    Role.AGENCY_APPROVER: "核章送出改善結果（要選機關）",
    Role.AUDITOR: "只看，含稽核紀錄",
    Role.ADMINISTRATOR: "管理帳號；看不到未公開的查核",
    Role.CHAIR: "主持會報、裁示",
}


class AccountForm(FormSchema):
    name = fields.String(required=True, validate=validate.Length(max=60))
    title = fields.String(load_default="", validate=validate.Length(max=60))
    email = fields.String(required=True, validate=[validate.Email(), validate.Length(max=200)])
    agency_id = fields.String(load_default=None)
    expires_on = Day(load_default=None)
    roles = fields.List(fields.String(validate=validate.OneOf([role.value for role in Role])), required=True)


class NewAccountForm(AccountForm):
    login = fields.String(required=True, validate=validate.Length(max=60))


class ReasonForm(FormSchema):
    reason = fields.String(required=True, validate=validate.Length(max=200))


def _account(account_id: str) -> Account:
    account = queries.get(account_id)
    if account is None:
        raise Problem("not_found", "找不到這個帳號。請回帳號一覽查對。")
    return account


def _data(form: Form) -> dict[str, Any]:
    return form.data | {"roles": frozenset(Role(role) for role in form.data["roles"])}


def _choices() -> dict[str, Any]:
    return {
        "agencies": [(agency.id, agency.name) for agency in projects.agencies()],
        "role_options": [(role.value, name, ROLE_HINTS[role]) for role, name in ROLE_NAMES.items()],
    }


@blueprint.get("/accounts")
@requires(Permission.MANAGE_ACCOUNTS)
def accounts() -> str:
    order = listing(request.args, directory.SORTABLE, "login")
    asked = directory.Filter(*(request.args.get(name, "") for name in ("q", "role", "state", "agency")))
    rows, count = directory.lines(asked, order.sort, order.descending, order.offset, order.size)
    return render_template(
        "office/accounts/list.html", rows=rows, count=count, listing=order.within(count), role_names=ROLE_NAMES,
        states=directory.STATES, agency_names=dict(_choices()["agencies"]),
    )  # fmt: skip


@blueprint.route("/accounts/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
@once
def new_account() -> Response | tuple[str, int]:
    form = bind(NewAccountForm(), request.form) if request.method == "POST" else Form()
    with form.problems():
        if form.ready:
            account = services.create_account(actor(), **_data(form))
            flash(f"帳號已建立，邀請信寄到 {account.email}。", "good")
            return redirect(url_for("office.account", account_id=account.id), 303)
    return page("office/accounts/new.html", form, **_choices())


@blueprint.get("/accounts/<account_id>")
@requires(Permission.MANAGE_ACCOUNTS)
def account(account_id: str) -> str:
    return _account_page(_account(account_id), Form())[0]


def _account_page(found: Account, form: Form) -> tuple[str, int]:
    return page(
        "office/accounts/account.html", form, line=directory.line(found), account=found, role_names=ROLE_NAMES,
        states=directory.STATES, agency_names=dict(_choices()["agencies"]), devices=directory.devices_of(found.id),
        tokens=directory.tokens_of(found.id), letters=deliveries(f"account:{found.id}"),
        takes_links=mail_changes.takes_links(found), second_step=second_step.stands(found.id),
    )  # fmt: skip


@blueprint.route("/accounts/<account_id>/edit", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
@once
def edit_account(account_id: str) -> Response | tuple[str, int]:
    found = _account(account_id)
    form = bind(AccountForm(), request.form) if request.method == "POST" else opened(_stored(found))
    with form.problems():
        if form.ready:
            with unless_changed(form, lambda: _stored(hold(Account, account_id))):
                services.change_account(actor(), account_id, **_data(form))
            flash("帳號資料已更新。", "good")
            return redirect(url_for("office.account", account_id=account_id), 303)
    return page("office/accounts/edit.html", form, account=found, **_choices())


def _stored(found: Account) -> dict[str, Any]:
    names = ("name", "title", "email", "agency_id", "expires_on")
    return {name: getattr(found, name) for name in names} | {"roles": sorted(queries.own_roles(found))}


@blueprint.post("/accounts/<account_id>/disable")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def disable_account(account_id: str) -> Response | tuple[str, int]:
    form = bind(ReasonForm(), request.form)
    with form.problems():
        if form.ready:
            services.disable_account(actor(), account_id, form.data["reason"])
            return _done(account_id, "帳號已停用，所有登入立即失效。")
    return _account_page(_account(account_id), form)


def _done(account_id: str, message: str) -> Response:
    flash(message, "good")
    return redirect(url_for("office.account", account_id=account_id), 303)


@blueprint.post("/accounts/<account_id>/enable")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def enable_account(account_id: str) -> Response:
    services.enable_account(actor(), account_id)
    return _done(account_id, "帳號已啟用。")


@blueprint.post("/accounts/<account_id>/unlock")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def unlock_account(account_id: str) -> Response:
    services.unlock_account(actor(), account_id)
    return _done(account_id, "已解除鎖定，可以馬上登入。")


@blueprint.post("/accounts/<account_id>/invite")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def invite_account(account_id: str) -> Response:
    services.invite(actor(), account_id)
    return _done(account_id, "邀請信已排入寄送，先前的連結在新信寄出時失效。")


@blueprint.post("/accounts/<account_id>/review")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def review_account(account_id: str) -> Response:
    services.review_account(actor(), account_id)
    return _done(account_id, "已記錄本次審核。")


@blueprint.post("/accounts/<account_id>/devices/<device_id>/revoke")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def revoke_account_device(account_id: str, device_id: str) -> Response:
    revoke_device(actor(), device_id)
    return _done(account_id, "裝置已撤銷，上面的登入立即失效。")


@blueprint.post("/accounts/<account_id>/tokens/<token_hash>/revoke")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def revoke_account_token(account_id: str, token_hash: str) -> Response:
    credentials.revoke_token(actor(), account_id, token_hash)
    return _done(account_id, "權杖已撤銷。")


@blueprint.post("/accounts/<account_id>/second-step/lift")
@requires(Permission.MANAGE_ACCOUNTS)
@once
def lift_second_step(account_id: str) -> Response:
    sign_in_steps.lift(actor(), account_id)
    return _done(account_id, "兩步驟驗證已解除，並已寄信通知。")

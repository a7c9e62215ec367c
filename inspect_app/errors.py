"""The catalogue of problems: every failure that a person or a device can meet has a code.

Interfaces switch on the code, never on the text. `CATALOGUE` holds the HTTP status and the title of each code.
"""

from __future__ import annotations

import errno
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, render_template, request
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

log = structlog.get_logger()
CATALOGUE: dict[str, tuple[int, str]] = {
    "bad_request": (400, "要求的內容看不懂"),
    "bad_value": (422, "欄位的內容不符規定"),
    "missing": (422, "缺少必填的欄位"),
    "csrf": (400, "表單已過期，請重新整理後再送"),
    "signed_out": (401, "請先登入"),
    "bad_credentials": (401, "帳號或密碼不正確"),
    "second_step_required": (401, "請輸入驗證器上的驗證碼"),
    "second_step_unset": (403, "您的角色要用兩步驟驗證：請先到網頁版登入並設定"),
    "bad_code": (401, "驗證碼不正確"),
    "sign_in_locked": (429, "登入已暫時鎖定"),
    "account_disabled": (403, "帳號已停用"),
    "device_revoked": (401, "這台裝置已被撤銷"),
    "password_change_required": (403, "請先變更密碼"),
    "token_invalid": (410, "連結已失效"),
    "forbidden": (403, "您沒有這項權限"),
    "not_found": (404, "找不到這個項目"),
    "method_not_allowed": (405, "不支援這個動作"),
    "conflict": (409, "資料已被別人更新"),
    "stale": (409, "這份表單開啟之後，資料已經更新"),
    "wrong_state": (409, "目前的狀態不能做這個動作"),
    "gone": (410, "這個項目已經不在了"),
    "too_large": (413, "檔案太大"),
    "unsupported_type": (415, "不支援這種檔案"),
    "locked": (423, "正在使用中"),
    "too_many": (429, "要求太頻繁"),
    "internal": (500, "系統發生錯誤"),
    "busy": (503, "系統忙碌中"),
    "storage_full": (507, "儲存空間不足"),
    "bad_file": (422, "檔案讀不出來"),
    "already_planned": (409, "這件標案不能排入"),
    "team_composition": (422, "小組的組成不符規定"),
    "recusal": (422, "委員應迴避"),
    "reason_required": (422, "請填寫理由"),
    "demo_only": (403, "示範帳號只能用在示範環境"),
    "not_demo": (409, "這個資料庫不是示範環境"),
    "offset_mismatch": (409, "上傳的位置不符"),
    "checksum_mismatch": (460, "上傳的區塊損壞"),
    "hash_mismatch": (422, "檔案的雜湊值不符"),
    "unknown_schema": (422, "版本不相容"),
    "precondition": (412, "版本不符"),
}


class Problem(Exception):
    """A failure with a code; `detail` is one sentence: what happened and what to do next (zh-TW)."""

    def __init__(self, code: str, detail: str = "", *, field: str = "", **extra: Any) -> None:
        self.status, self.title = CATALOGUE[code]
        self.code, self.detail, self.field, self.extra = code, detail or self.title, field, extra
        super().__init__(f"{code}: {self.detail}")

    def body(self) -> dict[str, Any]:
        """The problem as RFC 9457 `application/problem+json`."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.field:
            body["field"] = self.field
        return body | self.extra


HTTP_CODES = {400: "bad_request", 401: "signed_out", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
              413: "too_large", 415: "unsupported_type", 422: "bad_value", 429: "too_many", 503: "busy"}  # fmt: skip


_TOLD = {"csrf", "forbidden", "not_found", "method_not_allowed", "device_revoked", "too_large", "unsupported_type", "bad_file",
         "hash_mismatch"}  # fmt: skip
"""What somebody who guesses, forges or sends hostile files runs into."""


def note_refusal(problem: Problem) -> None:
    """Log it if somebody may have meant harm: by the rule of the address, never the address itself, since a guess may be true."""
    if problem.code not in _TOLD:
        return
    who, rule = g.get("actor"), request.url_rule
    log.info(
        "request.refused", code=problem.code, status=problem.status, method=request.method, rule=rule.rule if rule else "",
        account=who.id if who is not None else "", address=request.remote_addr or "",
    )  # fmt: skip


def _answer(problem: Problem) -> Response:
    note_refusal(problem)
    if request.path.startswith("/office"):
        page = render_template("office/problem.html", problem=problem)
        return Response(page, problem.status, mimetype="text/html")
    answer = Response(orjson.dumps(problem.body()), problem.status, mimetype="application/problem+json")
    if problem.code == "busy":
        answer.headers["Retry-After"] = "5"
    return answer


def _from_http(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]  # a redirect raised by werkzeug's routing
    if error.code and 300 <= error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    answer = _answer(Problem(HTTP_CODES.get(error.code or 500, "bad_request")))
    answer.status_code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return answer


SORRY = "系統發生錯誤，資料沒有變動。請稍後再試；若一再發生，請通知系統管理者。"
_FULL = ("disk is full", "disk i/o error", "no space left", "could not extend file")
_BUSY = (
    "locked",
    "lock timeout",
    "too many clients",
    "connection",
    "shutting down",
    "starting up",
    "deadlock",
    "statement timeout",
)


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


def _of_the_machine(error: Exception) -> Problem | None:
    """A disk that is full or fails, a bucket that is away and a busy or absent database are no fault of the request: told as
    such, so that senders come back.
    """
    if isinstance(error, OSError) and error.errno in _DISK:
        return _full()
    if isinstance(error, OSError) and error.errno == errno.EHOSTUNREACH:
        return _busy()
    if not isinstance(error, OperationalError):
        return None
    text = str(error.orig).lower()
    if any(words in text for words in _FULL):
        return _full()
    if any(words in text for words in _BUSY):
        return _busy()
    return None


def _busy() -> Problem:
    return Problem("busy", "系統忙碌中，資料沒有變動。請稍後再試。")


def said(error: DBAPIError) -> str:
    """The first line of what the driver says of the machine: no statement and no value is in it."""
    return (str(error.orig).strip().splitlines() or [type(error).__name__])[0]


def _full() -> Problem:
    return Problem("storage_full", "伺服器的儲存空間不足，資料沒有存入；裝置上的資料還在。請通知系統管理者。")


def init_app(app: Flask) -> None:
    """One handler for problems, one for what Flask itself raises, one for the unexpected."""

    def unexpected(error: Exception) -> Response:
        if (
            isinstance(error, RecursionError) and request.is_json
        ):  # a body that no reader of JSON gets to the bottom of
            return _answer(Problem("bad_request"))
        if of_the_machine := _of_the_machine(error):
            why = said(error) if isinstance(error, DBAPIError) else str(error)
            log.error("request.put_off", code=of_the_machine.code, why=why)
            return _answer(of_the_machine)
        log.error("request.failed", exc_info=error)
        return _answer(Problem("internal", SORRY))

    app.register_error_handler(Problem, _answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, unexpected)

"""The pages of logging in and out: plain forms, without a script."""

from __future__ import annotations

from ui.render import escape

STYLE = """
:root { color-scheme: light dark; --ink: #22201d; --paper: #fbfaf8; --line: #8b857b; --accent: #0f5e63; --on: #fff;
  --bad: #a12b12; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceae6; --paper: #1b1a18; --line: #8b857b; --accent: #7cc5c5;
  --on: #10201f; --bad: #ff9d85; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 340px; overflow-wrap: anywhere; }
h1 { font: 600 28px/1.2 Charter, Georgia, serif; margin: 0 0 16px; }
label { display: block; margin: 12px 0 4px; }
input, button { width: 100%; font: inherit; padding: 10px 12px; border: 1px solid var(--line); border-radius: 7px;
  background: transparent; color: inherit; }
button { margin-top: 20px; background: var(--accent); border-color: var(--accent); color: var(--on); font-weight: 600;
  cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role=alert] { color: var(--bad); margin: 0 0 8px; }
"""


def login_html(problem: str = "", name: str = "", next_path: str = "/") -> str:
    """The form to log in; ``problem`` is a line above it, ``name`` what was typed before."""
    said = f'<p role="alert" id="problem">{escape(problem)}</p>' if problem else ""
    told = ' aria-describedby="problem"' if problem else ""
    focus_name, focus_password = ("", " autofocus") if name else (" autofocus", "")
    return _page(
        "Log in",
        f"""{said}<form method="post" action="/login">
<input type="hidden" name="next" value="{escape(next_path)}">
<label for="name">Name</label>
<input id="name" name="name" value="{escape(name)}" autocomplete="username" autocapitalize="none" spellcheck="false"
 maxlength="60" required{told}{focus_name}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1000"
 required{told}{focus_password}>
<button>Log in</button></form>""",
    )


def logout_html(name: str) -> str:
    """The form to log out."""
    return _page(
        "Log out",
        f"""<p>You are logged in as {escape(name)}.</p>
<form method="post" action="/logout"><button>Log out</button></form><p><a href="/">Back</a></p>""",
    )


def _page(title: str, inner: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} · citedesk</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><main><h1>citedesk</h1>{inner}</main></body></html>"
    )

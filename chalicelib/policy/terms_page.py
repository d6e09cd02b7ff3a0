"""The terms as a page that needs nothing else: no script, no picture, no font from elsewhere.

Every text of the merchant is escaped; the one style of the page is allowed by its hash.
"""

import base64
from hashlib import sha256
from html import escape

from chalicelib.policy.terms import Clause, Terms

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b1;--line:#30363d;--paper:#0d1117}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,
"Segoe UI",Roboto,"Helvetica Neue","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:42rem;margin:0 auto;padding:1.5rem 1.25rem 3rem;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.3;margin:.25rem 0 .5rem}
h2{font-size:1.05rem;margin:0}
nav{display:flex;gap:1.25rem;flex-wrap:wrap}
nav a{display:inline-block;padding:.5rem 0;color:inherit}
ol{list-style:none;counter-reset:clause;margin:1.5rem 0;padding:0}
ol>li{counter-increment:clause;position:relative;padding:1rem 0 1rem 2.25rem;
border-top:1px solid var(--line)}
ol>li::before{content:counter(clause)".";position:absolute;left:0;color:var(--soft)}
ul{margin:.35rem 0 0;padding-left:1.1rem}
.soft{color:var(--soft);margin:.15rem 0 0}
footer{border-top:1px solid var(--line);padding-top:1rem;font-size:.9rem}
@media print{:root{--ink:#000;--soft:#444;--line:#999;--paper:#fff}nav{display:none}
main{max-width:none;padding:0}ol>li{break-inside:avoid}body{font-size:11pt}}
"""
_WORDS = {
    "en": {"applies": "Applies where {condition}.", "other": "中文", "version": "Version"},
    "zh-CN": {"applies": "适用条件：{condition}。", "other": "English", "version": "版本"},
}
_OTHER = {"en": "zh-CN", "zh-CN": "en"}


def _hash(text: str) -> str:
    return base64.b64encode(sha256(text.encode()).digest()).decode()


CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_hash(_STYLE)}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors *"
)
"""Nothing but the style. A shop may show the terms in a frame: there is nothing to click."""


def page_of(terms: Terms) -> str:
    """The whole page, with links to the other language and to the paper form."""
    other, words = _OTHER[terms.language], _WORDS[terms.language]
    clauses = "\n".join(_clause(clause, terms.language) for clause in terms.clauses)
    return f"""<!doctype html>
<html lang="{terms.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{escape(terms.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<nav><a href="terms.html?lang={other}" hreflang="{other}" lang="{other}">{words["other"]}</a>
<a href="terms.pdf?lang={terms.language}" type="application/pdf">PDF</a></nav>
<h1>{escape(terms.title)}</h1>
<p class="soft">{escape(terms.in_force)}</p>
<p>{escape(terms.intro)}</p>
<ol>
{clauses}
</ol>
<footer>
<p>{escape(terms.closing)}</p>
<p class="soft">{escape(version_text(terms))}</p>
</footer>
</main>
</body>
</html>
"""


def applies_text(clause: Clause, language: str) -> str:
    """When the clause applies, as a sentence; empty for one that always does."""
    return _WORDS[language]["applies"].format(condition=clause.applies) if clause.applies else ""


def version_text(terms: Terms) -> str:
    """Which text this is: the version, and the beginning of its digest."""
    return f"{_WORDS[terms.language]['version']} {terms.version_id} · {terms.digest[:12]}"


def _clause(clause: Clause, language: str) -> str:
    applies = applies_text(clause, language)
    condition = f'\n<p class="soft">{escape(applies)}</p>' if applies else ""
    says = "".join(f"<li>{escape(sentence)}</li>" for sentence in clause.says)
    return f"<li><h2>{escape(clause.title)}</h2>{condition}\n<ul>{says}</ul></li>"

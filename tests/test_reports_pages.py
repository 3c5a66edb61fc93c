"""The page of a report: headline, contents, code, and nothing that loads or runs."""

from __future__ import annotations

import os
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from notebook_files import notebook, write

from speckit_analysis.reports import export_html, headline
from speckit_analysis.reports.document import read_document
from speckit_analysis.reports.html import render_report
from speckit_analysis.reports.markup import finish_tables, plain_text, render_markdown
from speckit_analysis.reports.provenance import shown_path
from speckit_analysis.reports.sanitize import sanitize
from speckit_analysis.sample import sample_path

# Headlines


def test_a_headline_outside_a_notebook_is_printed(capsys):
    headline("Inconclusive:\n  three SPECs are too few.")
    assert capsys.readouterr().out == "Inconclusive: three SPECs are too few.\n"


def displayed(data, **metadata):
    cell = new_code_cell("display()")
    cell.outputs = [new_output("display_data", data, metadata=metadata)]
    return cell


def test_the_first_headline_opens_the_page_and_is_not_repeated():
    said = [
        displayed({"text/html": f"<p class='headline'>{t}</p>"}, speckit={"headline": t})
        for t in ("First.", "Second.")
    ]
    page = render_report(notebook(*said), "x")
    assert page.count("First.") == 1
    # A link that skips to what the page says must not skip its answer.
    assert page.index("<main") < page.index("First.") < page.index('class="text"')
    assert page.index("Second.") > page.index("<main")


# Pages


def test_a_page_names_no_host():
    cells = [new_markdown_cell("# T\n\n![x](http://127.0.0.1/x.png)"), new_code_cell("1")]
    page = render_report(notebook(*cells), "x")
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page)
    assert "url(" not in page
    assert "@import" not in page


def test_a_page_allows_one_script_by_its_hash():
    page = render_report(notebook(), "x")
    assert page.count("<script") == 1
    assert re.search(r"default-src 'none';.*script-src 'sha256-[A-Za-z0-9+/]{43}='", page)
    assert "unsafe-eval" not in page


def test_tagged_cells_are_not_shown():
    hidden = new_code_cell("secret_sauce = 1", metadata={"tags": ["hide"]})
    page = render_report(notebook(hidden), "x")
    assert "secret_sauce" not in page
    assert "nowhere" not in page


def test_code_is_folded_and_silent_cells_join_the_next_result():
    cells = [new_code_cell("import math"), displayed({"text/plain": "42"})]
    document = read_document(notebook(*cells), "x")
    assert [len(block.code) for block in document.blocks] == [2]


def test_headings_become_contents_with_anchors_of_their_own():
    cells = [
        new_markdown_cell("# T\n\n## Cost & time"),
        new_markdown_cell("## Cost & time\n\n### x"),
    ]
    contents = read_document(notebook(*cells), "x").contents
    assert [(h.level, h.anchor, h.text) for h in contents] == [
        (2, "cost-time", "Cost & time"),
        (2, "cost-time-2", "Cost & time"),
        (3, "x", "x"),
    ]


def test_messages_are_set_apart_from_results():
    cell = new_code_cell("warn()")
    cell.outputs = [new_output("stream", name="stderr", text="UserWarning: \x1b[31mfew\x1b[0m\n")]
    page = render_report(notebook(cell), "x")
    assert re.search(r"<summary>Messages</summary>\s*<pre[^>]*>UserWarning: few</pre>", page)


def test_a_notebook_that_was_never_run_by_the_batch_can_be_exported(tmp_path):
    path = write(tmp_path, "x", new_markdown_cell("# Alone"))
    assert "<h1>Alone</h1>" in export_html(path).read_text()


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["1 of 2\r", "2 of 2\r"], ["2 of 2"]),
        (["\r1 of 2", "\r2 of 2", "\n"], ["2 of 2"]),
        (["begin\n1 of 2\r", "2 of 2\r", "end\n"], ["begin\nend"]),
        (["1 of 2\r", "!warned\n", "2 of 2\r"], ["2 of 2"]),
        (["begin\n1 of 2\r", "a value", "2 of 2\r"], ["begin", "a value", "2 of 2"]),
        (["1 of 2", "a value", "\r2 of 2"], ["a value", "2 of 2"]),
        (["first\n", "a value", "second\n"], ["first", "a value", "second"]),
        (["50 %\r", "       \r"], []),
        (["windows\r\n", "lines\r\n"], ["windows\nlines"]),
    ],
)
def test_a_progress_line_is_shown_once_however_it_came(pieces, shown):
    """A kernel sends each state of a line as an output of its own, with others in between."""
    cell = new_code_cell("work()")
    for piece in pieces:
        name = "stderr" if piece.startswith("!") else "stdout"
        value = piece.startswith("a ")
        cell.outputs.append(
            new_output("display_data", {"text/plain": piece})
            if value
            else new_output("stream", name=name, text=piece)
        )
    blocks = read_document(notebook(cell), "x").blocks
    parts = [str(part.striptags()) for block in blocks for part in block.parts]
    assert parts == [" ".join(text.split()) for text in shown]


def test_overwritten_progress_lines_show_their_last_state():
    assert plain_text("10 %\r50 %\r100 %\ndone\r\n") == "100 %\ndone\n"


# What HTML may hold


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>attack()</script>",
        "<svg><script>attack()</script></svg>",
        "<img src=x onerror=attack()>",
        "<svg onload=attack()><g onclick=attack()/></svg>",
        "<a href='javascript:attack()'>x</a>",
        "<a href=' JaVa\tscript:attack()'>x</a>",
        "<a href='data:text/html,<script>attack()</script>'>x</a>",
        "<svg><a xlink:href='javascript:attack()'><text>x</text></a></svg>",
        "<iframe srcdoc='<script>attack()</script>'></iframe>",
        "<form action='http://attack()'><button formaction='javascript:attack()'>x</button></form>",
        "<style>p { background: url(http://attack()) }</style>",
        "<p style='background: url(http://attack())'>x</p>",
        "<svg><g fill='url(http://attack())'/></svg>",
        "<svg><g fill='u\\72l(http://attack())'/></svg>",
        "<svg><use href='http://attack()#x'/></svg>",
        "<svg><image href='http://attack()'/></svg>",
        "<svg><foreignObject><body onload=attack()></foreignObject></svg>",
        "<svg></p><style><a id='</style><img src=1 onerror=attack()>'></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><i title='--&gt;&lt;img onerror=attack()'>",
        "<noscript><p title='</noscript><img src=x onerror=attack()>'></noscript>",
        "<link rel=stylesheet href='attack()'><meta http-equiv=refresh content='0;attack()'>",
        "<base href='http://attack()'><object data='attack()'></object><embed src='attack()'>",
    ],
)
def test_nothing_that_loads_or_runs_survives(hostile):
    for clean in (sanitize(hostile), render_markdown(f"text\n\n{hostile}\n")):
        assert "attack" not in re.sub(r'title="[^"]*"', "", clean)


def test_a_style_cannot_cover_the_page():
    assert sanitize("<p style='position:fixed;inset:0;color:red'>x</p>") == (
        '<p style="color:red">x</p>'
    )


def test_figures_survive_with_their_description():
    figure = (
        '<figure><svg viewBox="0 0 9 9" role="img" aria-labelledby="t"><title id="t">Cost</title>'
        '<desc>By stage.</desc><defs><clipPath id="c"><rect width="9" height="9"></rect></clipPath>'
        '<path id="m" d="M0 0"></path></defs><g clip-path="url(#c)">'
        '<use href="#m" style="fill:currentColor"></use><text x="1" y="2">plan</text></g></svg>'
        "<figcaption>Cost.</figcaption></figure>"
    )
    assert sanitize(figure) == figure


def test_ids_of_two_figures_do_not_collide():
    clean = sanitize(
        '<svg aria-labelledby="a b"><path id="m"/><use href="#m" clip-path="url(#c)"/></svg>', "c3-"
    )
    assert 'aria-labelledby="c3-a c3-b"' in clean
    assert 'id="c3-m"' in clean
    assert 'href="#c3-m"' in clean
    assert "url(#c3-c)" in clean


def test_markdown_keeps_tables_and_web_links():
    clean = render_markdown("| a |\n|---|\n| [x](https://example.org) |")
    assert '<a href="https://example.org" rel="noopener noreferrer">x</a>' in clean
    assert "<table>" in clean


def test_columns_of_figures_are_aligned():
    import pandas as pd

    frame = pd.DataFrame({"model": ["gpt-5", "o3"], "usd": [1.5, None], "ci": ["2.7 – 3.6", "—"]})
    html = finish_tables(sanitize(frame.rename_axis("stage").to_html()))
    assert re.findall(r'<th class="number">(\w+)</th>', html) == ["usd", "ci"]
    assert '<td class="number">1.5</td>' in html
    assert '<td class="number missing">NaN</td>' in html
    assert html.count("<tr") == 3
    assert "border=" not in html


def test_tables_with_merged_cells_are_left_alone():
    table = '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>'
    assert table in finish_tables(table)


def test_what_an_attribute_says_is_no_part_of_a_table():
    words = "<table><tr><td>1</td></tr></table><caption>2</caption>"
    html = f"<table><tr><td title='{words}'>3</td></tr></table>"
    found = finish_tables(sanitize(html))
    assert found.count("<table") == found.count("<td") == found.count("<tr") == 1
    assert 'aria-label="Table"' in found
    assert 'class="number">3</td>' in found


# Where it comes from


def test_paths_are_shown_as_a_reader_knows_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inside, outside = str(tmp_path / "evidence"), "/somewhere/else"
    assert shown_path(str(sample_path())) == "data/sample"
    assert shown_path(inside) == "evidence"
    assert shown_path(outside) == outside
    assert shown_path(os.pathsep.join([inside, outside])) == f"evidence{os.pathsep}{outside}"


def test_a_table_is_a_region_named_by_its_caption():
    html = finish_tables(
        "<table><caption>Cost &amp; <b>time</b></caption><tr><td>1</td></tr></table>"
    )
    assert 'role="region" aria-label="Cost &amp; time"' in html
    assert 'aria-label="Table"' in finish_tables("<table><tr><td>1</td></tr></table>")

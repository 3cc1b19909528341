"""A table as LaTeX for a paper."""

from romnet_bench.report.sheet import Column, Line, Sheet, one_line

# For pdfLaTeX with T1 fonts and textcomp; letters that those lack need XeLaTeX.
_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "-": "{-}",  # so that "--weights" stays two hyphens
    "*": "{*}",  # after a row's end LaTeX would take it for a sign to the line break
    "[": "{[}",  # after a row's end LaTeX would read "[" as a length
    "]": "{]}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\ldots{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "°": r"\textdegree{}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "−": "$-$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "→": r"$\rightarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "σ": r"$\sigma$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
}


_COLUMN = 56  # letters of this size in a column of two
_PAGE = 48  # lines
_CAPTION = 300  # letters
_LATIN = 0x17F  # up to here T1 fonts have most letters


def to_latex(sheet: Sheet) -> str:
    """A float for booktabs: the best in bold, places raised; the sentences of `sheet` stand below.

    A table that is wider than a column of two spans both; one that is still wider than the text is
    made smaller. Sentences that would make a float longer than a page follow it as text.
    """
    is_wide = _width(sheet) > _COLUMN
    environment = "table*" if is_wide else "table"
    headings = " & ".join(map(_format_heading, sheet.columns))
    lines = [text for line in sheet.lines for text in _format_line(line)]
    per_line = 2 * _COLUMN if is_wide else _COLUMN
    notes = [f"    {escape_latex(sentence)}\\par" for sentence in sheet.below]
    height = len(lines) + sum(1 + len(sentence) // per_line for sentence in sheet.below)
    below = [
        r"  \begin{minipage}{\linewidth}\footnotesize\raggedright",
        *notes,
        r"  \end{minipage}",
    ]
    end = rf"\end{{{environment}}}"
    return "\n".join(
        [
            *_preamble(sheet),
            rf"\begin{{{environment}}}",
            r"  \centering",
            rf"  \caption{{{escape_latex(sheet.title[:_CAPTION])}}}",
            rf"  \label{{tab:{sheet.key}}}",
            r"  \small",
            r"  \setlength{\tabcolsep}{4pt}",
            # As wide as it is, or as the text where it is wider than that.
            r"  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"  \begin{{tabular}}{{l{'r' * len(sheet.columns)}}}",
            r"    \toprule",
            *_format_groups(sheet),
            rf"    {escape_latex(sheet.head)} & {headings} \\",
            r"    \midrule",
            *lines,
            r"    \bottomrule",
            r"  \end{tabular}}",
            *([r"  \par\medskip", *below, end] if height <= _PAGE else [end, "", *_text(notes)]),
            "",
        ]
    )


def _preamble(sheet: Sheet) -> list[str]:
    """What the file needs, as comments."""
    lines = [r"% \usepackage[T1]{fontenc} \usepackage{textcomp,booktabs,graphicx}"]
    texts = [sheet.title, *sheet.below, *(line.label for line in sheet.lines)]
    if any(ord(sign) > _LATIN and sign not in _SIGNS for text in texts for sign in text):
        lines.append("% Some of its letters need XeLaTeX or LuaLaTeX and a font that has them.")
    return lines


def _width(sheet: Sheet) -> int:
    """Letters across, small ones at three quarters."""
    columns = zip(*(line.cells for line in sheet.lines), strict=True)
    cells = [
        max(max(len(cell.text) + 1, len(cell.small) * 3 // 4) for cell in column)
        for column in columns
    ]
    heads = [len(column.heading) for column in sheet.columns]
    labels = max((len(line.label) for line in sheet.lines), default=0)
    return labels + sum(map(max, cells, heads)) + 2 * len(heads)


def _text(notes: list[str]) -> list[str]:
    """The sentences as a paragraph of the text."""
    return [r"{\footnotesize\raggedright\noindent", *notes, "}"]


def _format_groups(sheet: Sheet) -> list[str]:
    """The common headings, each with a rule over its columns."""
    if not sheet.groups:
        return []
    cells, rules, start = [""], [], 2
    for name, span in sheet.groups:
        cells.append(rf"\multicolumn{{{span}}}{{c}}{{{escape_latex(name)}}}")
        rules += [rf"\cmidrule(lr){{{start}-{start + span - 1}}}"] if name else []
        start += span
    return [f"    {' & '.join(cells).strip()} \\\\", f"    {' '.join(rules)}"]


def _format_heading(column: Column) -> str:
    return f"{escape_latex(column.label)} {escape_latex(column.arrow)}".rstrip()


def _format_line(line: Line) -> list[str]:
    """The numbers, and what is small on a line below them: side by side they overflow a column."""
    texts = [escape_latex(line.label) + (r"\,\textdagger" if line.warned else "")]
    smalls = [""]
    for cell in line.cells:
        text = escape_latex(cell.text)
        text = rf"\textbf{{{text}}}" if cell.best else text
        texts.append(text + (rf"\textsuperscript{{{cell.place}}}" if cell.place else ""))
        smalls.append(rf"{{\scriptsize {escape_latex(cell.small)}}}" if cell.small else "")
    rows = [texts, smalls] if any(smalls) else [texts]
    return [f"    {' & '.join(cells).rstrip()} \\\\" for cells in rows]


def escape_latex(text: str) -> str:
    """`text` so that LaTeX prints it as it is, on one line."""
    text = "".join(_SIGNS.get(sign, sign) for sign in one_line(text))
    return text.replace(",,", ",{},")  # T1 fonts join them to a quotation mark

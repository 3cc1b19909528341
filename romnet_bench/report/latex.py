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
    "[": "{[}",  # after a row's end LaTeX would read "[" as a length
    "]": "{]}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\ldots{}",
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


def to_latex(sheet: Sheet) -> str:
    """A float for booktabs: the best in bold, places raised, the sentences of `sheet` below it.

    A wide table, of more columns than six, spans both columns of a page that has two.
    """
    environment = "table*" if len(sheet.columns) > 6 else "table"
    width = len(sheet.columns)
    headings = " & ".join(map(_format_heading, sheet.columns))
    lines = [text for line in sheet.lines for text in _format_line(line)]
    return "\n".join(
        [
            r"% \usepackage[T1]{fontenc} \usepackage{textcomp,booktabs}",
            rf"\begin{{{environment}}}",
            r"  \centering",
            rf"  \caption{{{escape_latex(sheet.title)}}}",
            rf"  \label{{tab:{sheet.key}}}",
            r"  \small",
            r"  \setlength{\tabcolsep}{4pt}",
            rf"  \begin{{tabular}}{{l{'r' * width}}}",
            r"    \toprule",
            *_format_groups(sheet),
            rf"    {escape_latex(sheet.head)} & {headings} \\",
            r"    \midrule",
            *lines,
            r"    \bottomrule",
            r"  \end{tabular}",
            r"  \par\medskip",
            r"  \begin{minipage}{\linewidth}\footnotesize\raggedright",
            *(f"    {escape_latex(sentence)}\\par" for sentence in sheet.below),
            r"  \end{minipage}",
            rf"\end{{{environment}}}",
            "",
        ]
    )


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
    return "".join(_SIGNS.get(sign, sign) for sign in one_line(text))

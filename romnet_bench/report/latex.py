"""A table as LaTeX for a paper."""

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.formats import (
    HOW,
    format_mean,
    format_photos,
    format_range,
    format_seconds,
    list_remarks,
    one_line,
    state_protocol,
)
from romnet_bench.report.tables import Row, Table

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


def to_latex(table: Table) -> str:
    """A `table` float for booktabs, the best in bold, with its remarks below."""
    header = ["Method", *(f"{metric.label} {latex_arrow(metric)}" for metric in METRICS)]
    header += ["Photos", "s per photo"]
    lines = [line for row in table.rows for line in _format_row(row)]
    title = f"{table.dataset} ({table.split})"
    below = [state_protocol(table), HOW, *list_remarks(table)]
    return to_float(table.key, title, header, lines, below)


def to_float(
    key: str,
    title: str,
    header: list[str],
    lines: list[str],
    below: list[str],
    *,
    environment: str = "table",
) -> str:
    """A float for booktabs.

    Args:
        key: what its label ends in.
        title: its caption, plain text.
        header: the names of the columns, LaTeX; the first stands left, the others right.
        lines: the rows, LaTeX.
        below: sentences for the foot, plain text.
        environment: "table*" spans both columns of a page that has two.
    """
    return "\n".join(
        [
            r"% \usepackage[T1]{fontenc} \usepackage{textcomp,booktabs}",
            rf"\begin{{{environment}}}",
            r"  \centering",
            rf"  \caption{{{escape_latex(title)}}}",
            rf"  \label{{tab:{key}}}",
            r"  \small",
            r"  \setlength{\tabcolsep}{4pt}",
            rf"  \begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"    \toprule",
            "    " + " & ".join(header) + r" \\",
            r"    \midrule",
            *lines,
            r"    \bottomrule",
            r"  \end{tabular}",
            r"  \par\medskip",
            r"  \begin{minipage}{\linewidth}\footnotesize\raggedright",
            *(f"    {escape_latex(line)}\\par" for line in below),
            r"  \end{minipage}",
            rf"\end{{{environment}}}",
            "",
        ]
    )


def _format_row(row: Row) -> list[str]:
    """The means, and the intervals on a line below them: side by side they overflow a column."""
    means = [escape_latex(row.label) + (r"\,\textdagger" if row.warnings else "")]
    ends = [""]
    for metric in METRICS:
        interval = row.intervals[metric.key]
        mean = escape_latex(format_mean(interval, metric))
        means.append(rf"\textbf{{{mean}}}" if metric.key in row.best else mean)
        span = escape_latex(format_range(interval, metric))
        ends.append(rf"{{\scriptsize {span}}}" if span else "")
    means += [format_photos(row), escape_latex(format_seconds(row.seconds))]
    ends += ["", ""]
    return [f"    {' & '.join(cells).rstrip()} \\\\" for cells in (means, ends)]


def escape_latex(text: str) -> str:
    """`text` so that LaTeX prints it as it is, on one line."""
    return "".join(_SIGNS.get(sign, sign) for sign in one_line(text))


def latex_arrow(metric: Metric) -> str:
    """Up where more is better, down where less is."""
    return r"$\uparrow$" if metric.higher_is_better else r"$\downarrow$"

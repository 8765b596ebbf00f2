"""What the connector panel says beside its picture: places, queues and rules as HTML."""

from __future__ import annotations

from clusterlab.exchange.mailflow import MailFlow, state_word, total_words, waiting_words
from clusterlab.exchange.topologies import Topology
from clusterlab.lab.drawing import escape_text
from clusterlab.lab.panels.views import table_html

_MARKS = {
    "works": '<span class="clusterlab-state clusterlab-online">● works</span>',
    "out": '<span class="clusterlab-state clusterlab-failed">✖ out</span>',
    "outside": '<span class="clusterlab-state clusterlab-offline">◇ outside</span>',
}


def places_html(flow: MailFlow, at_s: float) -> str:
    """Return each place as a row: whether it works, what waits there, the most so far."""
    rows = []
    for place in flow.topology.places:
        waits, most = waiting_words(flow, place.name, at_s)
        word = _MARKS[state_word(flow, place.name, at_s)]
        cells = (escape_text(place.name), word, *(text.split(" ")[0] for text in (waits, most)))
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    table = table_html("What waits where", ("Place", "State", "Waiting", "Most"), rows)
    total = "".join(f"<p>{line}</p>" for line in total_words(flow, at_s).splitlines())
    return f"<h3>What waits where</h3>{table}{total}"


def rules_html(made: Topology) -> str:
    """Return the rules of a topology with their sources."""
    rules = "".join(
        f"<p>{escape_text(rule.text)} "
        f'<span class="clusterlab-source">({escape_text(rule.source)})</span></p>'
        for rule in made.rules
    )
    return f"<h3>Rules</h3>{rules}"

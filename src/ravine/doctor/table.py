"""Findings and proofs as rows of a table."""

from collections.abc import Iterator, Sequence

from ravine.doctor.examine import Examination
from ravine.doctor.finding import TOLD, Finding, Status, shown
from ravine.doctor.prove import Proof
from ravine.doctor.registry import PHASES

HEADER = ("code", "check", "verdict", "evidence", "what to do")


def by_phase(findings: Sequence[Finding]) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield each phase's title and rows."""
    for phase, title in PHASES.items():
        rows = [row_of(finding) for finding in findings if finding.phase == phase]
        if rows:
            yield f"Phase {phase}: {title}", rows


def row_of(finding: Finding) -> list[str]:
    """Return a finding as cells."""
    evidence = "; ".join(f"{name.replace('_', ' ')} {shown(value)}" for name, value in finding.evidence.items())
    said = "; ".join(part for part in (finding.says, evidence) if part)
    advice = finding.advice if finding.status in TOLD else ""
    return [finding.code, finding.title, finding.status, said, advice]


def summary(found: Examination) -> str:
    """Return one sentence on an examination."""
    always: tuple[Status, ...] = ("pass", "warn", "fail", "not applicable")
    counts = {s: sum(f.status == s for f in found.findings) for s in (*always, "not asked", "adapter failed")}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count or status in always)
    verdict = "healthy" if found.healthy else "findings: " + ", ".join(found.fired())
    verdict = f"the adapter failed in {', '.join(found.broken())}" if found.broken() else verdict
    return f"{found.name}: {verdict} ({told}; {found.seconds:.1f} s)"


def proof_rows(proof: Proof) -> list[list[str]]:
    """Return the matrix of faults and checks, a row a fault."""
    return [
        [c.fault.name, c.fault.check, "yes" if c.caught else "NO", ", ".join(c.also) or "-", f"{c.seconds:.2f}"]
        for c in proof.faults
    ]


def proof_summary(proof: Proof) -> str:
    """Return one sentence on a proof."""
    caught = sum(c.caught for c in proof.faults)
    noisy = sum(len(c.also) > 1 for c in proof.faults)
    accused = {name: e.fired() for name, e in proof.healthy.items()}
    healthy = ", ".join(f"{name}: {', '.join(fired) or 'nothing'}" for name, fired in accused.items())
    told = f"{caught} of {len(proof.faults)} faults caught; {noisy} with more than one other check"
    return f"{told}; fired on healthy {healthy}"

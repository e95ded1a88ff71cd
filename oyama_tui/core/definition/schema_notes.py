"""What the reference page of the definition format says of a section before its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOTES: Final[Mapping[str, str]] = {
    "Steps step": """\
A block of steps that is one step to those around it: it is skipped, asked for, needed and failed as one. A `gate` asks once for the
whole of it, before its first step. `retry`, `timeout`, `env` and `secrets` belong to the steps inside. Blocks stand in each other at
most 8 deep, and step ids are unique in the whole file.

```yaml
steps:
  - id: build
    steps:
      - {id: compile, run: make}
      - {id: pack, run: make dist, outputs: {file: "${{ result.output }}"}}
    outputs: {file: "${{ steps.pack.outputs.file }}"}
  - {id: publish, run: './publish.sh "${{ steps.build.outputs.file }}"'}
```
""",
    "Workflow step": """\
Starts a run of another workflow, or of a file, and waits for its end; the outputs of that run are those of the step, and
`steps.ID.result` is the map of them. It has a number, a journal, gates, secrets, an `env` and a `timeout` of its own, so that the step
has none of these. When it fails the step fails, with the kind `child`; a retry starts another run. See
[call a workflow](../howto/call-a-workflow.md).

```yaml
inputs: {version: {type: string, required: true}}
steps:
  - id: deploy
    workflow: ./deploy.yaml
    with: {version: "${{ inputs.version }}"}
  - {id: tell, run: 'echo "${{ steps.deploy.outputs.url }}"'}
```
""",
    "Compensate": """\
What undoes a step: `oyama undo` runs it, and so do `on_failure: undo` and `on_reject: undo`. It is one action, and has the step's id,
variables, secrets and working directory. Its expressions see what those of the step see, as it was when the step was over, and the
step's own `result`: `result.output`, `result.outputs.NAME`, `result.exit_code`, and `result.input`, what the step was given, without
secrets. The newest step is undone first; steps that ran beside each other are undone beside each other. See
[undo a run](../howto/undo-a-run.md).

```yaml
steps:
  - id: upload
    run: './upload.sh > "$OYAMA_OUTPUT"'
    compensate: {run: './remove.sh "${{ result.outputs.url }}"', retry: {max_attempts: 3}}
  - {id: announce, run: ./announce.sh, effect: permanent, on_failure: undo}
```
""",
    "Approvers": """\
Names are accounts of the system, as `whoami` says them; several may stand in one text, with commas between. `group:NAME` is a group of the
[settings](settings.md), or one of the system. An agent or a step never counts, whoever it acts for. Everybody who may answer says yes to
the same: the first yes settles the values of a form.

```yaml
steps:
  - id: publish
    gate:
      title: Publish it?
      approvers: {any_of: [ana, "group:release"], quorum: 2, allow_self: false, min_wait: 5m}
      timeout: 1d
      escalate: [{after: 1h}, {after: 4h, to: [ben]}]
    run: ./publish.sh
```
""",
    "Sending back": """\
Besides yes and no there is a third answer: `oyama send-back ID --comment WORDS`, or `b` on the screens. The step begins once more, and all
that depends on it, with `feedback` holding these words; then it is asked again. It is no rejection.

```yaml
steps:
  - {id: notes, run: './notes.sh "${{ feedback }}"'}
  - id: publish
    gate: {title: Are these notes fine?, send_back: {to: notes, max: 3, then: reject}}
    run: ./publish.sh
```
""",
    "Going back": """\
`on_failure`, and `on_reject` and `on_timeout` of a gate, may say `{goto: ID}`: that step and every step that depends on it begin once
more, with `feedback` holding what the person said who turned the gate down. What was before stays in the history: the second round of
`notes` is `notes#2`, with attempts, output and approvals of its own. A step goes back to one of its own list that it comes after, or to
itself. What still runs of these steps is waited for; what rests or asks a person is ended.

```yaml
steps:
  - {id: notes, run: './notes.sh "${{ feedback }}"'}
  - id: read
    gate: {title: Are these notes fine?, on_reject: {goto: notes, max: 5}}
  - {id: publish, run: ./publish.sh, on_failure: {goto: read}}
```
""",
    "Handlers": """\
Each is a list of steps that runs once, one step after another, when everything else is over and before the run ends. How the run ends is
settled then: a handler that fails is shown, and changes neither the status nor the outputs of the run. The steps see the `steps` of
the workflow, and `run.status`, `run.error` and `run.failed_step`. Cancelling the run once more ends its handlers.

```yaml
steps:
  - {id: lock, run: ./lock.sh}
  - {id: work, run: ./work.sh}
handlers:
  failure:
    - {id: tell, run: './tell.sh "${{ run.failed_step }}: ${{ run.error }}"'}
  exit:
    - {id: unlock, if: steps.lock.succeeded, run: ./unlock.sh}
```
""",
    "Keep": """\
Runs that are over are removed by `oyama cleanup`, and once an hour by an engine that drives all runs; what the newest revision of a
workflow says counts for all its runs. See [keep the database small](../howto/keep-the-database-small.md).

```yaml
keep: {newest: 20, older_than: 30d, failed_older_than: 90d}
steps:
  - {id: work, run: ./work.sh}
```
""",
    "Parallel step": """\
```yaml
steps:
  - id: checks
    parallel:
      - {id: lint, run: ruff check}
      - {id: types, run: mypy}
```
""",
    "Repeat": """\
Stands in a `steps` or `parallel` block. The steps of each round are new ones: `iteration` is 1 in the first round.

```yaml
steps:
  - id: healthy
    repeat: {until: steps.probe.exit_code == 0, every: 30s, max: 20}
    steps:
      - {id: probe, run: ./probe.sh, on_failure: continue}
```
""",
    "For each step": """\
`for_each: ITEMS` is short for `for_each: {items: ITEMS}` when the items are a list or an expression. The steps know the item by
`item`, or the name after `as`, and its place by `index`, from 0. Other steps see what became of the items in their order as
`steps.ID.items[0]`: `item`, `index`, `status`, and each of the steps by its id. The items that failed are among them.
A loop goes through at most 100,000 items.

```yaml
inputs: {hosts: {type: list, default: [one, two]}}
steps:
  - id: fan
    for_each: {items: "${{ inputs.hosts }}", as: host, concurrency: 10}
    steps:
      - {id: copy, run: 'scp app "${{ host }}":', retry: {max_attempts: 3}}
      - {id: check, run: './check.sh "${{ host }}" "${{ index }}"', on_failure: continue}
    outputs: {bad: "${{ result.items.filter(i, i.check.failed).map(i, i.item) }}"}
  - {id: first, run: 'echo "${{ steps.fan.items[0].check.output }}"'}
```
""",
    "Wait step": """\
A wait is for one of three things. `until` is evaluated once, when the step begins, and goes by the clock on the wall; a time that is past
is over at once. The event's payload is the step's `result`; an event wakes one step, and one that comes early is kept. `match` is looked
at when the event comes or the step begins to wait, and does not hold where it cannot be evaluated.

```yaml
inputs: {night: {default: "2030-01-31T22:00:00Z"}}
steps:
  - {id: settle, wait: {for: 30s}}
  - {id: night, wait: {until: inputs.night}}
  - {id: deployed, wait: {event: deployed, match: event.version != "", timeout: 4h}}
```

`oyama send RUN deployed -d '{"version": "v2"}'` sends it; see [wait for events](../howto/wait-for-events.md).

""",
    "Task step": """\
A person does it, and says *Done*, or *Could not do* and why; it waits in the same queue as gates. What could not be done has failed:
`on_failure` says what follows, and `retry` means nothing here. `timeout: 4h` is how long people have; a task that nobody did in time
has failed too. The answer is in `steps.ID.decision`, the reason of a failure in `steps.ID.error`.

```yaml
steps:
  - id: valve
    task: Close valve 7
    prompt: "It is the **red** one, behind the pump."
    form: {pressure: {type: number, required: true}}
    timeout: 4h
    on_failure: continue
  - {id: note, run: ["echo", "${{ steps.valve.decision.form.pressure }}"], if: steps.valve.succeeded}
```
""",
    "Switch step": """\
The branches are looked at in their order once, when the step begins; when none holds, the step is skipped.

```yaml
inputs: {env: {options: [test, prod], default: test}}
steps:
  - id: deploy
    switch:
      - if: inputs.env == "prod"
        steps:
          - {id: careful, gate: "Deploy to production?", run: ./deploy.sh --slow}
      - else:
        steps:
          - {id: quick, run: ./deploy.sh}
```
""",
}
"""By the heading of the section."""

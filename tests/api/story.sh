#!/bin/sh
# What a person does with the API who has curl and nothing else. OYAMA is the command, PORT is free, OYAMA_HOME an empty folder.
set -eu

api="http://127.0.0.1:$PORT/api/workflows"
server=

end() { code=$?; [ -z "$server" ] || kill -9 "$server" 2> /dev/null || :; exit "$code"; }
trap end EXIT

serve() {
  $OYAMA serve --port "$PORT" --json > ready 2>> serve.err &
  server=$!
  curl -fs --retry 100 --retry-connrefused --retry-delay 0 --retry-max-time 60 "http://127.0.0.1:$PORT/api/health" > /dev/null
}

call() { # METHOD PATH [BODY]: the answer; it fails with the problem where the server refuses
  answer=$(curl -s --max-time 60 -X "$1" "$api$2" -H "Authorization: Bearer $token" ${3:+-H 'Content-Type: application/json' -d "$3"})
  case $answer in *'"type":"/problems/'*) echo "$1 $2: $answer" >&2; exit 1 ;; esac
  printf '%s\n' "$answer"
}

field() { # NAME: the first text of that name
  sed 's/"'"$1"'":"/\n&/' | sed -n 's/^"'"$1"'":"\([^"]*\)".*/\1/p' | head -n 1
}

until_has() { # WORDS PATH: asks until the answer has these words, and prints it
  tries=0
  until answer=$(call GET "$2") && case $answer in *"$1"*) true ;; *) false ;; esac; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { echo "never: $1 in $answer" >&2; exit 1; }
    sleep 0.1
  done
  printf '%s\n' "$answer"
}

token=$($OYAMA token create ana | tail -n 1)
serve

# A workflow with a gate.
call POST '' '{
  "id": "release", "type": "sequential",
  "stages": [
    {"id": "build", "run": "echo built"},
    {"id": "upload", "run": "echo uploaded", "compensate": {"run": "echo removed"}},
    {"id": "publish", "gate": {"title": "Publish it?", "target": "production"}, "run": "echo published", "compensate": {"run": "echo unpublished"}}
  ]}' > /dev/null
run=$(call POST /execute '{"workflowId": "release"}' | field stateId)
asked=$(until_has '"title":"Publish it?"' "/approvals?workflowId=release")
gate=$(printf '%s' "$asked" | field gateId)
digest=$(printf '%s' "$asked" | field digest)

# The server dies, and comes back; the question is still there, and is answered.
kill -9 "$server"
wait "$server" 2> /dev/null || :
serve
until_has "$gate" "/approvals" > /dev/null
call POST /approvals "{\"gateId\": \"$gate\", \"decision\": {\"approved\": true, \"comment\": \"looks right\", \"digest\": \"$digest\"}}" > /dev/null
until_has '"status":"completed"' "/executions/$run" > /dev/null
call GET "/executions/$run/steps" | grep -q published

# Back to the first step: what was uploaded and published is taken back.
call POST /rollback "{\"stateId\": \"$run\", \"action\": \"rollbackToStep\", \"targetStepIndex\": 0, \"plan\": true}" | grep -q '"done":false'
call POST /rollback "{\"stateId\": \"$run\", \"action\": \"rollbackToStep\", \"targetStepIndex\": 0}" | grep -q '"done":true'
until_has '"shown":"paused"' "/executions/$run" > /dev/null
call GET "/executions/$run/steps" | grep -q unpublished
call GET "/rollback?stateId=$run" | grep -q 'upload~undo'

# A run that fails is taken up in each of the four ways.
call POST '' '{"id": "flaky", "stages": [
    {"id": "first", "run": "echo first", "compensate": {"run": "echo first is undone"}},
    {"id": "second", "run": "test -e there"},
    {"id": "third", "run": "echo third"}
  ]}' > /dev/null
failed() {
  rm -f there
  call POST /execute '{"workflowId": "flaky", "wait": 60}' > answered
  grep -q '"shown":"failed"' answered
  field stateId < answered
}
recover() { call POST /rollback "{\"stateId\": \"$run\", \"action\": \"recoverFromError\", \"failedStep\": $1, \"recoveryStrategy\": $2}" > /dev/null; }
run=$(failed)
touch there
recover '"second"' '{"type": "retry", "maxRetries": 2, "retryDelay": 10}'
until_has '"status":"completed"' "/executions/$run" > /dev/null
run=$(failed)
recover 1 '{"type": "skip", "outputs": {"found": "nothing"}}'
until_has '"status":"completed"' "/executions/$run" > /dev/null
run=$(failed)
recover '"second"' '{"type": "manual", "comment": "put there by hand"}'
until_has '"status":"completed"' "/executions/$run" > /dev/null
run=$(failed)
call POST /rollback "{\"stateId\": \"$run\", \"action\": \"recoverFromError\", \"recoveryStrategy\": {\"type\": \"rollback\", \"rollbackSteps\": 2}}" > /dev/null
until_has '"shown":"paused"' "/executions/$run" > /dev/null
call GET "/rollback?stateId=$run" | grep -q 'first~undo'

# Questions are withdrawn, and a run is deleted.
asking=$(call POST /execute '{"workflowId": "release"}' | field stateId)
until_has '"title":"Publish it?"' /approvals > /dev/null
call DELETE '/approvals?workflowId=release' | grep -q '"cancelled":\["'
until_has '"endedAt":"' "/executions/$asking" > /dev/null
call DELETE "/state?stateId=$asking" | grep -q '"deleted":true'
echo "the story is told"

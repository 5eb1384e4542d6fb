#!/usr/bin/env bash
# keep.sh NAME NOTES COMMAND...: runs a command and starts it again when it dies. A shell, as it costs 2 MiB and Node 42 (ADR 0014).
# - It ends with the command when that ends well (exit code 0), was told to end (SIGTERM, SIGINT to this shell), or did not become
#   ready at its very first start: what is wrong then is for whoever started it.
# - The command says that it is ready by making the file $KUMO_READY. Not by a signal: one that comes as the command ends hides
#   from `wait` how it ended.
# - It waits 0.2 s, then twice as long each time: up to 1 s for a command that becomes ready, 5 s for one that does not.
#   After a minute of running the count begins anew.
# - NOTES says for `kumo status` how often and why it was started again.
set -u
name=$1 notes=$2
shift 2
export KUMO_KEEPER=$$ KUMO_READY=$notes.ready

first_ms=200 ready_most_ms=1000 most_ms=5000 calm_s=60
child='' stopping='' ready='' was_ready=''
delay_ms=$first_ms restarts=0

forward() {
  [ -n "$stopping" ] && return
  stopping=1
  [ -n "$child" ] && kill -TERM "$child" 2>/dev/null
}
trap forward TERM INT
# A terminal or pipe that is gone is no reason to leave the command alone.
trap '' PIPE
finish() {
  rm -f -- "$notes" "$KUMO_READY"
  exit "$1"
}
rm -f -- "$notes"

while :; do
  ready='' begun=$SECONDS
  rm -f -- "$KUMO_READY"
  "$@" &
  child=$!
  [ -n "$stopping" ] && kill -TERM "$child" 2>/dev/null
  wait "$child" 2>/dev/null
  code=$?
  # SIGTERM and SIGINT to this shell interrupt `wait`; the command's end is what is waited for, however it ends then.
  if [ -n "$stopping" ]; then
    while kill -0 "$child" 2>/dev/null; do
      wait "$child" 2>/dev/null
      code=$?
    done
  fi
  child=''
  [ -e "$KUMO_READY" ] && ready=1 was_ready=1
  { [ "$code" = 0 ] || [ -n "$stopping" ] || [ -z "$was_ready" ]; } && finish "$code"
  # The state directory was removed: this cloud is no more.
  [ -d "${notes%/*}" ] || finish "$code"
  lived_s=$((SECONDS - begun))
  if [ "$lived_s" -ge "$calm_s" ]; then delay_ms=$first_ms restarts=0; fi
  if [ -n "$ready" ] && [ "$delay_ms" -gt "$ready_most_ms" ]; then delay_ms=$ready_most_ms; fi
  restarts=$((restarts + 1))
  if [ "$code" -gt 128 ]; then how="SIG$(kill -l "$((code - 128))")"; else how="exit code $code"; fi
  wait_s=$((delay_ms / 1000)).$(printf %03d $((delay_ms % 1000)))
  printf 'kumo: %s %s ended (%s) after %s s; it is started again in %s s (restart %s)\n' \
    "$(date -u +%FT%TZ)" "$name" "$how" "$lived_s" "$wait_s" "$restarts" >&2 2>/dev/null
  printf '{"restarts":%s,"ended":"%s","at":"%s","delayMs":%s}\n' "$restarts" "$how" "$(date -u +%FT%TZ)" "$delay_ms" \
    >"$notes.new" 2>/dev/null && mv -f -- "$notes.new" "$notes" 2>/dev/null
  sleep "$wait_s" &
  wait $!
  [ -n "$stopping" ] && finish 0
  delay_ms=$((delay_ms * 2))
  [ "$delay_ms" -gt "$most_ms" ] && delay_ms=$most_ms
done

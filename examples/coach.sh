#!/usr/bin/env bash
# The interview coach by curl, from sign-up to exports. Start a server (`cargo run`), then:
#
#   examples/coach.sh [http://localhost:8081] [resume.docx] [folder for the exports]
#
# It works offline: without a key for a model, Greenroom's own analyser reads the résumé.
set -euo pipefail

base=${1:-http://localhost:8081}
resume=${2:-$(dirname "$0")/resume.docx}
exports=${3:-exports}

for tool in curl jq; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: install it first" >&2; exit 1; }
done

# METHOD PATH [more arguments of curl]: the answer. An error's message says what to do, so it is shown.
token=
call() {
    local method=$1 path=$2
    shift 2
    curl -sS --fail-with-body -X "$method" "$base$path" ${token:+-H "Authorization: Bearer $token"} "$@"
}
# METHOD PATH JSON
send() {
    call "$1" "$2" -H "Content-Type: application/json" -d "$3"
}
step() {
    printf '\n== %s\n' "$*"
}

step "Sign up"
email="ada_$RANDOM$RANDOM@example.com"
account=$(send POST /api/auth/signup "$(jq -n --arg email "$email" '{name: "Ada", $email, password: "correct horse"}')")
token=$(jq -r .token <<<"$account")
echo "signed in as $(jq -r .user.username <<<"$account"); the token counts until $(jq -r .expires_at <<<"$account")"

step "Upload a résumé"
upload=$(call POST /api/upload -F "file=@$resume" -F "linkedin_url=https://linkedin.com/in/ada-fenwick")
id=$(jq .id <<<"$upload")
echo "upload $id: $(jq -r '"\(.filename), \(.file_size) bytes, \(.mime_type)"' <<<"$upload")"

step "Start the analysis"
job=$(call POST "/api/analysis/start?upload_id=$id" | jq -r .job_id)
echo "job $job"

step "Watch it (a socket on /ws is told without asking: see coach.mjs)"
until [ "${status:-}" = completed ]; do
    state=$(call GET "/api/analysis/status?job_id=$job")
    status=$(jq -r .status <<<"$state")
    jq -r '"\(.progress) % \(.current_step)"' <<<"$state"
    [ "$status" != failed ] || { jq -r .error_message <<<"$state" >&2; exit 1; }
    [ "$status" = completed ] || sleep 0.5
done

step "What was found, with the words of the résumé that prove it"
result=$(call GET "/api/analysis/result?job_id=$job")
jq -r '"\(.name), \(.total_work_years) years of work",
       "skills: \(.skills.technical | join(", "))",
       (.experience[] | "\(.role) at \(.company)"),
       "proof of the name: \"\(.evidence.name.quote)\""' <<<"$result"

step "Questions for an interview"
wish=$(jq -n --arg job "$job" '{job_id: $job, job_title: "Senior Software Engineer", company: "Harbour Lane", num_questions: 5}')
questions=$(send POST /api/interview/generate "$wish")
jq -r '.questions[] | "\(.id) [\(.category), \(.difficulty)] \(.question)"' <<<"$questions"

step "Another answer to the first of them"
first=$(jq --arg job "$job" '.questions[0] | {job_id: $job, question_id: .id, question}' <<<"$questions")
answer=$(send POST /api/interview/regenerate-answer "$first" | jq -r .answer)
echo "$answer"

step "Keep it"
saved=$(send POST /api/interview/save-question "$(jq --arg answer "$answer" '. + {$answer, tags: ["keep"]}' <<<"$first")")
jq -r '"\(.message): number \(.saved_question_id)"' <<<"$saved"
call GET "/api/interview/library?tags=keep" | jq -r '.[] | "in the library: \(.question)"'

step "Exports"
mkdir -p "$exports"
for format in json jsonresume csv pdf docx; do
    # the server names the file
    (cd "$exports" && call GET "/api/analysis/export?job_id=$job&format=$format" -OJ)
done
ls "$exports"

step "Done. To rehearse with the kept answer, in a chat: node examples/coach.mjs $base"

// Keeps a progress panel up to date: asks its address for {state, message, url, link} until the work is done or has failed.
const FIRST_PAUSE = 1500
const LONGEST_PAUSE = 10000

function show(panel, answer) {
  const message = panel.querySelector(".portal-progress__message")
  if (message.textContent !== answer.message) message.textContent = answer.message
  panel.dataset.state = answer.state
  if (answer.state === "done" && answer.url) {
    const link = panel.querySelector(".portal-progress__check")
    link.href = answer.url
    link.textContent = answer.link
    link.className = "govuk-button portal-progress__check"
  }
}

async function follow(panel, pause = FIRST_PAUSE) {
  const response = await fetch(panel.dataset.progressUrl, { headers: { Accept: "application/json" } }).catch(() => null)
  if (response?.ok) {
    const answer = await response.json()
    show(panel, answer)
    if (answer.state !== "working") return
  }
  setTimeout(() => follow(panel, Math.min(pause * 1.5, LONGEST_PAUSE)), pause)
}

for (const panel of document.querySelectorAll("[data-progress-url]")) follow(panel)

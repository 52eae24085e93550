// Sends each mark of a register as it is made, and keeps what cannot be sent until it can. The form works without it.
// What is kept holds the numbers of bookings and their marks, and nothing that says who anybody is.
const form = document.querySelector("form[data-register]")
const line = form.querySelector(".portal-register__saved")
const place = `register-${form.dataset.register}`
const TRY_AGAIN_AFTER = 10_000
const GIVE_UP_AFTER = 20_000
// The portal's clock decides, not the phone's.
const SKEW = new Date(form.dataset.now) - Date.now()
const LONDON = { timeZone: "Europe/London", hour: "2-digit", minute: "2-digit" }

// `waiting` is what was marked since the last sending; `sent` is a set on its way, with its key, until it is answered.
const kept = read()
let isSending = false
let again = null
let status = line.textContent

function read() {
  const nothing = { waiting: {}, sent: null }
  try {
    return { ...nothing, ...JSON.parse(localStorage.getItem(place)) }
  } catch {
    return nothing
  }
}

function keep() {
  try {
    if (kept.sent || Object.keys(kept.waiting).length) localStorage.setItem(place, JSON.stringify(kept))
    else localStorage.removeItem(place)
  } catch {
    // Without a store the open page still remembers.
  }
}

function newKey() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))]
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

const row = (booking) => form.querySelector(`[data-booking="${CSS.escape(booking)}"]`)
const chosen = (booking) => row(booking).querySelector("input[type=radio]:checked")?.value ?? ""
const field = (booking, name) => form.elements[`${name}_${booking}`]

function owed() {
  return Object.keys({ ...kept.sent?.marks, ...kept.waiting })
}

function say(words, state = "saved") {
  if (line.textContent !== words) line.textContent = words
  line.dataset.state = state
}

function sayWaiting(why) {
  const count = owed().length
  say(`${count} mark${count === 1 ? " waits" : "s wait"} to be sent: ${why}`, "waiting")
}

function draw(booking, choice, time) {
  for (const radio of row(booking).querySelectorAll("input[type=radio]")) radio.checked = radio.value === choice
  field(booking, "time").value = time
}

function note(booking, words) {
  row(booking).classList.toggle("portal-register--note", Boolean(words))
  row(booking).querySelector(".portal-register__note").textContent = words
}

function take(booking) {
  const choice = chosen(booking)
  if (!choice) return
  const time = field(booking, "time")
  if (choice === "LATE" && !time.value) time.value = timeNow()
  kept.waiting[booking] = { mark: choice, time: time.value, seen: field(booking, "seen").value }
  note(booking, "")
  keep()
}

const portalTime = () => new Date(Date.now() + SKEW)

// The time on the wall, while the session runs; before and after it nobody can guess.
function timeNow() {
  const now = portalTime()
  const isRunning = now > new Date(form.dataset.starts) && now < new Date(form.dataset.ends)
  return isRunning ? new Intl.DateTimeFormat("en-GB", LONDON).format(now) : ""
}

async function send() {
  clearTimeout(again)
  if (isSending || !owed().length) return
  if (!kept.sent) {
    kept.sent = { key: newKey(), marks: kept.waiting }
    kept.waiting = {}
    keep()
  }
  isSending = true
  const answer = await post(kept.sent).catch(() => null)
  isSending = false
  if (!answer) return later("no connection")
  if (answer.type === "opaqueredirect") return stop("you are signed out. Sign in on another page, then press “Save the register”")
  if (answer.status === 403) return stop("this page is too old. Load it again; the marks are kept on this device")
  const said = await answer.json().catch(() => null)
  if (!said) return later("the portal is busy")
  if (said.refusal) return stop(said.refusal)
  receive(said)
  if (owed().length) send()
}

async function post({ key, marks }) {
  const body = new URLSearchParams({ key, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value })
  for (const [booking, one] of Object.entries(marks)) {
    for (const name of ["mark", "time", "seen"]) body.set(`${name}_${booking}`, one[name])
  }
  const headers = { Accept: "application/json" }
  return fetch(location.pathname, { method: "POST", body, headers, redirect: "manual", signal: AbortSignal.timeout?.(GIVE_UP_AFTER) })
}

function later(why) {
  sayWaiting(why)
  again = setTimeout(send, TRY_AGAIN_AFTER)
}

function stop(why) {
  sayWaiting(why)
  line.dataset.state = "stopped"
}

// The rows as they are in the portal now; what was marked here meanwhile stays as it is marked here.
function receive(said) {
  const { rows } = said
  const { marks } = kept.sent
  status = said.status
  kept.sent = null
  keep()
  for (const [booking, one] of Object.entries(rows)) {
    if (!row(booking)) continue
    const isNew = booking in marks || field(booking, "seen").value !== one.version
    field(booking, "seen").value = one.version
    row(booking).querySelector(".portal-register__who").textContent = one.who
    if (booking in kept.waiting || !isNew) continue
    draw(booking, one.choice, one.time)
    note(booking, one.note)
  }
  const notes = form.querySelectorAll(".portal-register--note").length
  const at = new Intl.DateTimeFormat("en-GB", { ...LONDON, hour: "numeric", hour12: true }).format(portalTime())
  if (notes) say(`Choose again for ${notes} ${notes === 1 ? "person" : "people"}; the rest is saved: ${status}`, "stopped")
  else say(`Saved at ${at.replace(" ", "")}: ${status}`)
}

form.addEventListener("change", (event) => {
  const booking = event.target.closest("[data-booking]")?.dataset.booking
  if (!booking) return
  take(booking)
  send()
})

form.addEventListener("submit", (event) => {
  event.preventDefault()
  if (owed().length) send()
  else say(`Everything is saved: ${status}`)
  line.scrollIntoView({ block: "nearest" })
})

window.addEventListener("online", send)
window.addEventListener("offline", () => { if (owed().length) sayWaiting("no connection") })

// What an earlier visit could not send is shown as it was marked, and sent.
for (const [booking, one] of Object.entries({ ...kept.sent?.marks, ...kept.waiting })) {
  if (row(booking)) draw(booking, one.mark, one.time)
}
if (owed().length) {
  sayWaiting("sending them now")
  send()
}

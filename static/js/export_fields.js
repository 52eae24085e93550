// The export page of the reference data: one box chooses all columns or none.
const all = document.querySelector("#select-all-toggle")
all?.addEventListener("change", () => {
  for (const box of document.querySelectorAll(".selectable-field-export-row input[type=checkbox]")) box.checked = all.checked
})

// Tables of `.table-block`: sorted by their heads, filtered where they say `.filterable`. Their own order comes back.
'use strict'

;(() => {
  const { words, element, newId, fold, plain, french } = window.observatoire
  const FEWEST_ROWS = 3
  const MOST_CHOICES = 14
  const MISSING = /^(?:[–—-]|\.{1,3}|…|c|n\. ?d\.|n\/?d|na|n\/a)?$/i
  const DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/

  // A cell as a number, in the page's typography: "12 345,6 %", "−3 (simulé, 2024)", "≈ 2 010". NaN when it is none.
  const numberOf = text => {
    const said = text.replace(/\([^)]*\)/g, ' ').replace(/[\s\u00a0\u202f\u2009]+/g, ' ').trim()
    const date = said.match(DATE)
    if (date) return Number(date[3]) * 1e4 + Number(date[2]) * 100 + Number(date[1])
    const found = said.match(french
      ? /^[≈~<>≤≥]? ?([+−–-]?)(\d{1,3}(?: \d{3})+(?!\d)|\d+)(,\d+)?/
      : /^[≈~<>≤≥]? ?([+−–-]?)(\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+)(\.\d+)?/)
    if (!found) return NaN
    const size = Number(found[2].replace(/[ ,]/g, '') + (found[3] ?? '').replace(',', '.'))
    return found[1] && found[1] !== '+' ? -size : size
  }

  const isMissing = text => MISSING.test(text.replace(/\([^)]*\)/g, ' ').trim())

  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: 'base' })

  // One key a row: a number when the whole column is one, else the text; null for what is missing, always last.
  const keysOf = (rows, column) => {
    const texts = rows.map(row => plain(row.cells[column]))
    const numbers = texts.map(text => isMissing(text) ? null : numberOf(text))
    const said = numbers.filter(value => value !== null)
    if (said.length && !said.some(Number.isNaN)) return numbers
    return texts.map(text => isMissing(text) ? null : text)
  }

  const compare = (one, other) => typeof one === 'number' ? one - other : collator.compare(one, other)

  const isRegular = table => table.tHead?.rows.length === 1 && table.tBodies.length === 1
    && [...table.rows].every(row => row.cells.length === table.tHead.rows[0].cells.length)

  const sortable = (table, status) => {
    const own = [...table.tBodies[0].rows]
    const heads = [...table.tHead.rows[0].cells]
    const labels = heads.map(plain)
    let column = -1, direction = 0

    const arrange = () => {
      let rows = own
      if (direction) {
        const keys = keysOf(own, column)
        rows = own.map((row, position) => ({ row, position, key: keys[position] })).sort((one, other) =>
          (one.key === null) - (other.key === null)
          || (one.key === null ? 0 : direction * compare(one.key, other.key))
          || one.position - other.position).map(item => item.row)
      }
      table.tBodies[0].append(...rows)
      heads.forEach((head, position) => {
        if (position === column && direction) head.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending')
        else head.removeAttribute('aria-sort')
      })
      status.textContent = direction
        ? words.sorted(labels[column], direction > 0 ? words.ascending : words.descending) : words.unsorted
    }

    heads.forEach((head, position) => {
      if (!labels[position]) return
      const button = element('button', { type: 'button', class: 'sort-button', title: words.sort(labels[position]) })
      button.append(...head.childNodes, element('span', { class: 'sort-mark', 'aria-hidden': 'true' }))
      head.append(button)
      button.addEventListener('click', () => {  // up, down, own order
        direction = column !== position ? 1 : direction === 1 ? -1 : direction === -1 ? 0 : 1
        column = position
        arrange()
      })
    })
  }

  // "Région, IUT (Tarbes, Auch)" → ["Région", "IUT (Tarbes, Auch)"]
  const partsOf = text => text.split(/[,;](?![^(]*\)) */).map(part => part.trim()).filter(Boolean)

  const choicesOf = (rows, column) => {
    const parts = new Map()
    for (const row of rows) for (const part of partsOf(plain(row.cells[column]))) parts.set(fold(part), parts.get(fold(part)) ?? part)
    return [...parts.values()].sort(collator.compare)
  }

  const filterable = (block, table) => {
    const rows = [...table.tBodies[0].rows]
    const labels = [...table.tHead.rows[0].cells].map(plain)
    const wanted = (block.dataset.filters ?? '').split(/[,;]/).map(name => name.trim()).filter(Boolean)
    const columns = labels.map((label, column) => ({ label, column, choices: choicesOf(rows, column) })).filter(item =>
      wanted.length ? wanted.some(name => fold(name) === fold(item.label))
        : item.choices.length > 1 && item.choices.length <= Math.min(MOST_CHOICES, rows.length / 2))
    const count = element('p', { class: 'filter-count', role: 'status' })
    const text = element('input', { type: 'search', id: newId('filter'), autocomplete: 'off' })
    const selects = columns.map(({ label, column, choices }) => {
      const select = element('select', { id: newId('filter') }, element('option', { value: '' }, words.all),
        ...choices.map(choice => element('option', { value: choice }, choice)))
      return { label, column, select }
    })
    const contents = rows.map(row => fold(plain(row)))

    const apply = () => {
      const looked = fold(text.value).split(/\s+/).filter(Boolean)
      let shown = 0
      rows.forEach((row, position) => {
        const stays = looked.every(word => contents[position].includes(word)) && selects.every(({ column, select }) =>
          !select.value || partsOf(plain(row.cells[column])).some(part => fold(part) === fold(select.value)))
        row.hidden = !stays
        shown += stays
      })
      count.textContent = words.rows(shown, rows.length)
    }

    const clear = element('button', { type: 'button', class: 'tool-button' }, words.clear)
    clear.addEventListener('click', () => {
      text.value = ''
      for (const { select } of selects) select.value = ''
      apply()
      text.focus()
    })
    const field = (label, control) => element('div', { class: 'filter' }, element('label', { for: control.id }, label), control)
    const bar = element('div', { class: 'filters', role: 'group', 'aria-label': words.filters },
      field(words.contains, text), ...selects.map(({ label, select }) => field(label, select)), clear, count)
    bar.addEventListener('input', apply)
    block.prepend(bar)
    apply()
  }

  for (const table of document.querySelectorAll('.table-block table')) {
    if (!isRegular(table)) continue
    const block = table.closest('.table-block'), filtered = table.closest('.filterable')
    if (filtered) filterable(filtered, table)
    if (table.tBodies[0].rows.length < FEWEST_ROWS) continue
    const status = element('p', { class: 'visually-hidden', role: 'status' })
    block.append(status)
    sortable(table, status)
  }

  window.observatoire.numberOf = numberOf
})()

// `[Citer]{.cite-button data-cite data-address}` becomes a button; it opens the reference as text and as BibTeX.
'use strict'

;(() => {
  const { words, element, newId, plain } = window.observatoire
  const spans = document.querySelectorAll('.cite-button')
  if (!spans.length) return

  const MARKS = { '\\': '\\textbackslash{}', '{': '\\{', '}': '\\}', '&': '\\&', '%': '\\%', '#': '\\#', _: '\\_', $: '\\$', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}' }
  const inBraces = text => `{${text.replace(/[\\{}&%#_$~^]/g, mark => MARKS[mark])}}`

  const captionOf = span => {
    const tools = span.closest('.figure-tools, .table-tools')
    const around = span.closest('.table-block, figure')?.querySelector('figcaption, caption')
    let before = tools?.previousElementSibling
    while (!around && before && !before.matches('figure') && !before.querySelector('figure')) before = before.previousElementSibling
    const caption = around ?? (before?.matches?.('figure') ? before : before?.querySelector('figure'))?.querySelector('figcaption')
    if (!caption) return ''
    const copy = caption.cloneNode(true)
    copy.querySelectorAll('.caption-label').forEach(label => label.remove())
    return plain(copy).replace(/\.$/, '')
  }

  // The author is what the reference begins with, the year the edition of the address (`fig-x@2024`).
  const bibtex = (text, address, title) => {
    const [name, edition = ''] = address.split('@')
    const author = text.split(/,|\.\s/)[0].trim()
    const lines = [['author', `{${inBraces(author)}}`], ['title', inBraces(title || document.title)], ['year', inBraces(edition)],
      ['note', inBraces(text.includes(address) ? text : `${text} ${address}`)]]
    const key = `${name}-${edition}`.replace(/[^\w-]+/g, '-')
    return `@misc{${key},\n${lines.filter(line => line[1] !== '{}').map(([field, value]) => `  ${field} = ${value}`).join(',\n')}\n}`
  }

  const status = element('p', { class: 'cite-status', role: 'status' })

  const copied = async area => {
    area.focus()
    area.select()
    try {
      await navigator.clipboard.writeText(area.value)
      status.textContent = words.copied
    } catch {  // a page opened from a file may be refused the clipboard
      status.textContent = document.execCommand('copy') ? words.copied : words.selected
    }
  }

  const part = (label, rows) => {
    const area = element('textarea', { id: newId('cite'), readonly: true, rows })
    const button = element('button', { type: 'button', class: 'tool-button' }, words.copy(label))
    button.addEventListener('click', () => copied(area))
    return { area, nodes: [element('label', { for: area.id }, label), area, button] }
  }

  const title = element('h2', { id: newId('cite') }, words.citeTitle)
  const what = element('p', { class: 'cite-what' })
  const text = part(words.citeText, 4), bib = part(words.citeBib, 8)
  const address = element('code')
  const close = element('button', { type: 'button', class: 'tool-button' }, words.close)
  const dialog = element('dialog', { class: 'cite-dialog', 'aria-labelledby': title.id }, title, what, ...text.nodes, ...bib.nodes,
    element('p', {}, `${words.citeAddress} : `, address), element('div', { class: 'cite-end' }, status, close))
  document.body.append(dialog)
  close.addEventListener('click', () => dialog.close())
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close() })

  let opener = null
  dialog.addEventListener('close', () => opener?.focus())

  for (const span of spans) {
    const cite = span.dataset.cite ?? '', place = span.dataset.address ?? ''
    const caption = captionOf(span)
    const label = plain(span) || words.cite
    const button = element('button', { type: 'button', class: 'cite-button', 'aria-haspopup': 'dialog' }, label)
    if (caption) button.append(element('span', { class: 'visually-hidden' }, ` : ${caption}`))
    span.replaceWith(button)
    button.addEventListener('click', () => {
      opener = button
      what.textContent = caption
      text.area.value = cite
      bib.area.value = bibtex(cite, place, caption)
      address.textContent = place
      status.textContent = ''
      dialog.showModal()
      text.area.focus()
      text.area.select()
    })
  }
})()

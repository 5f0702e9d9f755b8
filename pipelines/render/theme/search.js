// Search over the whole report. The index is a script beside the pages, loaded when the box is first used.
'use strict'

;(() => {
  const { words, element, newId, fold, plain, french } = window.observatoire
  const SHOWN = 30
  const AROUND = 90  // characters of text before and after the first word found
  const SILENT = new Set((french
    ? 'a au aux d dans de des du en est et l la le les ou par pour qu que qui s sur un une'
    : 'a an and are at by for from in is of on or s the to with').split(' '))
  const root = new URL(document.currentScript.src.includes('/site_libs/') ? '../../' : '../', document.currentScript.src)

  const wordsOf = text => fold(text).match(/[\p{L}\p{N}]+/gu) ?? []

  // A word is found by its beginning; plurals are looked for by what they share with their singular.
  const stem = word => word.length > 5 && word.endsWith('aux') ? word.slice(0, -2)
    : word.length > 4 && /[sx]$/.test(word) ? word.slice(0, -1) : word

  const termsOf = query => {
    const all = [...new Set(wordsOf(query))]
    const telling = all.filter(word => !SILENT.has(word))
    return (telling.length ? telling : all).map(stem)
  }

  let sections = null

  const prepared = index => index.sections.map(([page, anchor, heading, text]) => ({
    address: index.pages[page][0] + (anchor ? `#${anchor}` : ''),
    page: index.pages[page][1],
    heading,
    text,
    inPage: ` ${wordsOf(index.pages[page][1]).join(' ')}`,
    inHeading: ` ${wordsOf(heading).join(' ')}`,
    inText: ` ${wordsOf(text).join(' ')}`,
    isPage: !anchor,
  }))

  const times = (text, term) => {
    let count = 0
    for (let at = text.indexOf(` ${term}`); at >= 0; at = text.indexOf(` ${term}`, at + 1)) count += 1
    return count
  }

  // Every term must be there. A heading weighs more than a page's title, that more than text; words side by side more yet.
  const score = (section, terms) => {
    let sum = 0
    for (const term of terms) {
      const heading = times(section.inHeading, term), page = times(section.inPage, term), text = times(section.inText, term)
      if (!heading && !page && !text) return 0
      sum += (heading ? 8 : 0) + (page ? 3 : 0) + Math.min(4, 2 * Math.log2(1 + text)) + (!heading && !text ? -2.5 : 0)
    }
    if (terms.length > 1) {
      const together = new RegExp(terms.map(term => ` ${term}[\\p{L}\\p{N}]*`).join('(?: [\\p{L}\\p{N}]{1,3}){0,2}'), 'u')
      if (together.test(section.inHeading)) sum += 6
      else if (together.test(section.inText)) sum += 4
    }
    return section.isPage && sum > 0 ? sum + 1 : sum
  }

  const found = query => {
    const terms = termsOf(query)
    if (!terms.length) return null
    const hits = sections.map((section, position) => ({ section, position, score: score(section, terms) }))
      .filter(hit => hit.score > 0)
      .sort((one, other) => other.score - one.score || one.position - other.position)
    return { terms, hits: hits.map(hit => hit.section) }
  }

  // The text around the first word found, the words found marked.
  const excerpt = (section, terms) => {
    const matches = [...section.text.matchAll(/[\p{L}\p{N}]+/gu)].filter(match => {
      const word = fold(match[0])
      return terms.some(term => word.startsWith(term))
    })
    const first = matches.length ? matches[0].index : 0
    let from = Math.max(0, first - AROUND), to = Math.min(section.text.length, first + AROUND)
    if (from > 0) from = section.text.indexOf(' ', from) + 1
    if (to < section.text.length) to = Math.max(section.text.lastIndexOf(' ', to), first)
    const line = element('span', { class: 'search-excerpt' }, from > 0 ? '… ' : '')
    let at = from
    for (const match of matches.filter(match => match.index >= from && match.index + match[0].length <= to)) {
      line.append(section.text.slice(at, match.index), element('mark', {}, match[0]))
      at = match.index + match[0].length
    }
    line.append(section.text.slice(at, to), to < section.text.length ? ' …' : '')
    return line
  }

  const input = element('input', { type: 'search', id: newId('search'), autocomplete: 'off', spellcheck: 'false',
    placeholder: words.search })
  const hint = element('span', { id: newId('hint'), class: 'visually-hidden' }, words.searchHint)
  input.setAttribute('aria-describedby', hint.id)
  const status = element('p', { class: 'search-status', role: 'status' })
  const list = element('ol', { class: 'search-results', 'aria-label': words.results })
  const panel = element('div', { class: 'search-panel', hidden: true }, list)
  const form = element('form', { class: 'site-search', role: 'search', 'aria-label': words.search },
    element('label', { class: 'visually-hidden', for: input.id }, words.search), input, hint, status, panel)

  const close = () => {
    panel.hidden = true
    status.textContent = ''
  }

  const show = () => {
    if (!sections) return
    const result = found(input.value)
    if (!result) return close()
    list.replaceChildren(...result.hits.slice(0, SHOWN).map(section => element('li', {},
      element('a', { href: new URL(section.address, root).href },
        element('span', { class: 'search-heading' }, section.heading || section.page),
        section.isPage ? '' : element('span', { class: 'search-page' }, section.page),
        excerpt(section, result.terms)))))
    panel.hidden = result.hits.length === 0
    status.textContent = words.found(result.hits.length, SHOWN)
  }

  let asked = false
  const load = () => {
    if (asked) return
    asked = true
    const script = element('script', { src: new URL('_theme/search-index.js', root).href })
    script.addEventListener('load', () => {
      sections = prepared(window.observatoireIndex)
      form.dataset.ready = 'yes'
      show()
    })
    script.addEventListener('error', () => { status.textContent = words.noIndex })
    document.head.append(script)
  }

  const links = () => [...list.querySelectorAll('a')]
  const move = step => {
    const all = [input, ...links()]
    const at = all.indexOf(document.activeElement)
    all[Math.min(Math.max(at + step, 0), all.length - 1)].focus()
  }

  input.addEventListener('focus', load)
  input.addEventListener('input', () => {
    if (asked && !sections && input.value) status.textContent = words.loading
    show()
  })
  form.addEventListener('submit', event => {
    event.preventDefault()
    show()
    links()[0]?.focus()
  })
  form.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      if (panel.hidden) input.value = ''
      input.focus()  // shows the results again, so they close after
      close()
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && !panel.hidden) {
      move(event.key === 'ArrowDown' ? 1 : -1)
    } else return
    event.preventDefault()
  })
  form.addEventListener('focusout', event => {
    if (!form.contains(event.relatedTarget)) close()
  })
  form.addEventListener('focusin', event => {
    if (event.target === input && input.value) show()
  })
  list.addEventListener('click', event => {  // a result on this very page
    if (event.target.closest('a')) setTimeout(close)
  })

  const header = document.querySelector('.site-header-inner')
  if (header) header.append(form)
  else (document.querySelector('#quarto-sidebar .sidebar-menu-container') ?? document.querySelector('main')).prepend(form)
})()

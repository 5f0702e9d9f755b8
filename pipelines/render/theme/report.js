// What the other scripts share: words in the page's language, small builders, frames that scroll, printing.
// Every page is whole without scripts; nothing here loads anything.
'use strict'

;(() => {
  const french = document.documentElement.lang.startsWith('fr')
  const WORDS = french ? {
    search: 'Chercher dans le rapport',
    searchHint: 'Flèche vers le bas pour parcourir les résultats, Échap pour fermer.',
    results: 'Résultats de la recherche',
    loading: 'L’index se charge…',
    noIndex: 'L’index de la recherche manque à côté de cette page : ouvrez le site entier, tel que « observatoire run » l’écrit.',
    found: (count, shown) => count === 0 ? 'Aucun passage ne contient tous ces mots.'
      : count === 1 ? '1 passage' : count > shown ? `${count} passages, les ${shown} premiers sont montrés` : `${count} passages`,
    sorted: (column, order) => `Tableau trié par « ${column} », ${order}.`,
    ascending: 'par ordre croissant',
    descending: 'par ordre décroissant',
    unsorted: 'Le tableau a retrouvé son ordre d’origine.',
    sort: column => `Trier par ${column}`,
    filters: 'Filtrer le tableau',
    contains: 'Contient',
    all: 'tous',
    clear: 'Tout montrer',
    rows: (shown, count) => shown === count ? `${count} lignes` : `${shown} ${shown > 1 ? 'lignes' : 'ligne'} sur ${count}`,
    cite: 'Citer',
    citeTitle: 'Citer ce contenu',
    citeText: 'Référence',
    citeBib: 'BibTeX',
    citeAddress: 'Adresse dans l’observatoire',
    copy: what => `Copier : ${what}`,
    copied: 'Copié dans le presse-papiers.',
    selected: 'Le texte est sélectionné : copiez-le avec Ctrl + C (⌘ + C sur Mac).',
    close: 'Fermer',
    figure: 'Figure',
    table: 'Tableau',
  } : {
    search: 'Search the report',
    searchHint: 'Down arrow to go through the results, Escape to close.',
    results: 'Search results',
    loading: 'The index is loading…',
    noIndex: 'The search index is not beside this page: open the whole site, as “observatoire run” writes it.',
    found: (count, shown) => count === 0 ? 'No passage has all of these words.'
      : count === 1 ? '1 passage' : count > shown ? `${count} passages, the first ${shown} are shown` : `${count} passages`,
    sorted: (column, order) => `Table sorted by “${column}”, ${order}.`,
    ascending: 'ascending',
    descending: 'descending',
    unsorted: 'The table is back in its own order.',
    sort: column => `Sort by ${column}`,
    filters: 'Filter the table',
    contains: 'Contains',
    all: 'all',
    clear: 'Show all',
    rows: (shown, count) => shown === count ? `${count} rows` : `${shown} of ${count} rows`,
    cite: 'Cite',
    citeTitle: 'Cite this',
    citeText: 'Reference',
    citeBib: 'BibTeX',
    citeAddress: 'Address in the observatory',
    copy: what => `Copy: ${what}`,
    copied: 'Copied to the clipboard.',
    selected: 'The text is selected: copy it with Ctrl + C (⌘ + C on a Mac).',
    close: 'Close',
    figure: 'Figure',
    table: 'Table',
  }

  // element('a', { href, class }, 'text', child…)
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(name, '')
      else if (value !== false && value != null) made.setAttribute(name, value)
    }
    made.append(...children)
    return made
  }

  let last = 0
  const newId = name => `observatoire-${name}-${++last}`

  // "Élèves de l’œuvre" → "eleves de l oeuvre"
  const fold = text => text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/œ/g, 'oe').replace(/æ/g, 'ae')

  const plain = node => node.textContent.replace(/\s+/g, ' ').trim()

  window.observatoire = { french, words: WORDS, element, newId, fold, plain }

  // A frame that scrolls sideways can be reached with the keyboard and has a name; one that does not is no stop.
  const FRAMES = '.table-scroll, figure.quarto-float-tbl > div, main figure:not(.table-figure, .quarto-float-tbl)'

  const MOST_ROWS = 100  // beyond, a table scrolls within its own frame: the rest of the page stays within reach

  const named = frame => {
    if (frame.tagName === 'FIGURE' || frame.hasAttribute('aria-label') || frame.hasAttribute('aria-labelledby')) return
    const caption = frame.closest('figure')?.querySelector('figcaption')
    frame.setAttribute('role', 'region')
    frame.setAttribute('aria-label', caption ? plain(caption) : WORDS.table)
  }

  const judged = frame => {
    const tall = frame.classList.contains('tall') && frame.scrollHeight > frame.clientHeight + 1
    const scrolls = tall || frame.scrollWidth > frame.clientWidth + 1
    frame.classList.toggle('fits', !scrolls)
    if (scrolls) {
      frame.tabIndex = 0
      named(frame)
    } else if (frame !== document.activeElement) frame.removeAttribute('tabindex')
  }

  const observer = new ResizeObserver(entries => entries.forEach(entry => judged(entry.target)))
  for (const frame of document.querySelectorAll(FRAMES)) {
    frame.classList.toggle('tall', frame.matches('.table-scroll') && frame.querySelectorAll('tbody > tr').length > MOST_ROWS)
    observer.observe(frame)
    for (const picture of frame.querySelectorAll('img')) picture.addEventListener('load', () => judged(frame))
  }

  // The page one is on is seen in the long menu.
  const menu = document.querySelector('.menu-wide'), here = menu?.querySelector('[aria-current]')
  if (here && here.offsetTop + here.offsetHeight > menu.offsetTop + menu.clientHeight) menu.scrollTop = here.offsetTop - menu.offsetTop - menu.clientHeight / 2

  // What is folded on screen is printed open.
  const opened = []
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('main details.callout:not([open])')) {
      details.open = true
      opened.push(details)
    }
  })
  addEventListener('afterprint', () => opened.splice(0).forEach(details => { details.open = false }))
})()

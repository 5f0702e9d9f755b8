// Every published figure by indicator, place and year, each with a link to its own page. Data: explorer-data.js.
// The choice stands in the page's address: `chiffres.html#MOB-OUT-RATE` shows the figures of one indicator.
'use strict'

;(() => {
  const root = document.getElementById('all-figures'), data = window.explorerData
  if (!root || !data || !window.observatoire) return
  const { element, fold } = window.observatoire
  const say = (fr, en) => data.lang === 'fr' ? fr : en
  const MOST = 200

  const filled = column => {
    if (Array.isArray(column) || typeof column === 'string') return column
    const cells = new Array(data.values.year.length).fill(null)
    column.at.forEach((row, position) => { cells[row] = column.is[position] })
    return cells
  }
  const { indicator, place, year, flag, origin } = data.values
  const value = filled(data.values.value)
  const simulated = String(data.origins.indexOf('simulated'))
  const places = data.places.map(item => fold(`${item.label} ${item.code}`))
  const indicators = data.indicators.map(item => fold(`${item.label} ${item.code}`))

  const shown = row => {
    const { unit, decimals } = data.indicators[indicator[row]]
    if (value[row] === null) return flag[row] === 'c' ? say('confidentiel', 'confidential') : say('non disponible', 'not available')
    const text = new Intl.NumberFormat(say('fr-FR', 'en-GB'), { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
      .format(unit === 'share' ? value[row] * 100 : value[row]).replace('-', '\u2212')
    return text + (unit === 'share' ? say('\u202f%', '%') : '') + (origin[row] === simulated ? say(' (simulé)', ' (simulated)') : '')
  }
  const address = row => `chiffres/${data.indicators[indicator[row]].code}/${data.places[place[row]].code}/${year[row]}.html`.toLowerCase()

  const option = (text, at) => element('option', { value: at }, text)
  const select = (label, options) => {
    const made = element('select', {}, option(say('tous', 'all'), ''), ...options)
    return [made, element('label', {}, label, made)]
  }
  const words = element('input', { type: 'search', autocomplete: 'off' })
  const [which, whichLabel] = select(say('Indicateur', 'Indicator'), data.indicators.map((item, at) => option(item.label, at)))
  const [where, whereLabel] = select(say('Lieu', 'Place'), data.places.map((item, at) => option(item.label, at)))
  const years = [...new Set(year)].sort((one, other) => other - one)
  const [when, whenLabel] = select(say('Année', 'Year'), years.map(one => option(one, one)))
  const status = element('p', { role: 'status' })
  const body = element('tbody')
  const heads = [say('Indicateur', 'Indicator'), say('Lieu', 'Place'), say('Année', 'Year'), say('Valeur', 'Value')]
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...heads.map(head => element('th', { scope: 'col' }, head)))), body)
  const form = element('form', { role: 'search', 'aria-label': say('Chercher un chiffre', 'Search for a figure') },
    element('label', {}, say('Mots : indicateur, lieu, année', 'Words: indicator, place, year'), words), whichLabel, whereLabel, whenLabel)
  const frame = element('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': say('Chiffres trouvés', 'Figures found') }, table)
  form.addEventListener('submit', event => event.preventDefault())
  root.append(form, status, frame)

  const show = () => {
    const asked = fold(words.value).split(/\s+/).filter(Boolean)
    const found = []
    for (let row = 0; row < year.length; row++) {
      if (which.value && indicator[row] !== +which.value) continue
      if (where.value && place[row] !== +where.value) continue
      if (when.value && year[row] !== +when.value) continue
      const text = `${indicators[indicator[row]]} ${places[place[row]]} ${year[row]}`
      if (asked.every(word => text.includes(word))) found.push(row)
    }
    found.sort((one, other) => year[other] - year[one] || one - other)
    body.replaceChildren(...found.slice(0, MOST).map(row => element('tr', {},
      element('th', { scope: 'row' }, element('a', { href: address(row) }, data.indicators[indicator[row]].label)),
      element('td', {}, data.places[place[row]].label), element('td', {}, String(year[row])), element('td', {}, shown(row)))))
    frame.hidden = !found.length
    const count = new Intl.NumberFormat(say('fr-FR', 'en-GB')).format(found.length)
    status.textContent = found.length === 0 ? say('Aucun chiffre publié ne répond à ce choix.', 'No published figure answers this choice.')
      : found.length === 1 ? say('1 chiffre.', '1 figure.')
        : say(`${count} chiffres`, `${count} figures`) + (found.length > MOST ? say(`, les ${MOST} plus récents sont montrés.`, `, the latest ${MOST} are shown.`) : '.')
  }
  const fromAddress = () => {
    const code = decodeURIComponent(location.hash.slice(1)).toUpperCase()
    const at = data.indicators.findIndex(item => item.code === code)
    if (at >= 0) which.value = String(at)
    show()
  }
  for (const item of [words, which, where, when]) item.addEventListener('input', show)
  addEventListener('hashchange', fromAddress)
  fromAddress()
})()

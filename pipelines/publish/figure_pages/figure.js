// What a figure's page cannot hold itself: the edition it was sealed in, what the figure was before, what it is now.
// An edition says it in `citation.js` and `historique/`, its shelf in `maintenant/`, which each sealing brings up to date.
// Scripts, since a page opened from a disk may load nothing else. Without them the page is whole, and says how to ask.
'use strict'

;(() => {
  const main = document.querySelector('main[data-figure]')
  if (!main) return
  const french = document.documentElement.lang === 'fr'
  const say = (fr, en) => french ? fr : en
  const figure = JSON.parse(main.dataset.figure)
  const [code, scope, year] = figure.key.split('/')
  const own = `${scope}/${year}`, name = code.toLowerCase()
  const HOME = '../../../../'  // what holds the site: an edition's folder, or build/

  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag)
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    made.append(...children)
    return made
  }
  const loaded = address => new Promise(done => {
    const script = element('script', { src: address })
    script.addEventListener('load', () => done(true))
    script.addEventListener('error', () => done(false))
    document.head.append(script)
  })

  // Numbers as the pages write them -----------------------------------------------------------------------------------

  const shown = value => {
    const percent = figure.unit === 'share' || figure.unit === 'percent'
    const scaled = figure.unit === 'share' ? value * 100 : value
    const text = new Intl.NumberFormat(say('fr-FR', 'en-GB'), {
      minimumFractionDigits: figure.places, maximumFractionDigits: figure.places,
    }).format(scaled).replace('-', '\u2212')
    return percent ? text + say('\u202f%', '%') : text
  }
  const FLAGS = { c: say('confidentiel', 'confidential'), gone: say('retiré', 'withdrawn'), S: say('simulé', 'simulated') }
  const stated = ([value, flag]) => value === null ? FLAGS[flag] ?? say('non disponible', 'not available')
    : shown(value) + (flag === 'S' ? ` (${FLAGS.S})` : '')
  const CAUSES = {
    source: say('source révisée', 'source revised'), correction: say('notre correction', 'our correction'),
    method: say('méthode', 'method'), perimeter: say('périmètre', 'perimeter'),
    break: say('rupture de série', 'break in the series'), protection: say('confidentialité', 'confidentiality'),
  }

  // The history: [edition's place in the list, value, flag, causes], one for each change --------------------------------

  const section = document.getElementById('history')
  const told = (book, sealed) => {
    const rows = book.figures[own]
    if (!rows || !section) return
    const [text] = section.getElementsByTagName('p')
    const last = rows.at(-1), newest = book.editions.at(-1)
    const here = sealed ? book.editions.findIndex(([edition]) => edition === sealed) : -1
    const mine = here >= 0 ? rows.filter(([at]) => at <= here).at(-1) : undefined
    const since = book.editions[last[0]][0]
    text.textContent = say(`Aujourd’hui, dans l’édition ${newest[0]} : `, `Now, in edition ${newest[0]}: `)
    text.append(element('span', { class: 'figure-changed' }, stated(last.slice(1))), '. ',
      rows.length === 1 ? say(`Inchangé depuis l’édition ${since}, la première à le publier.`, `Unchanged since edition ${since}, the first to publish it.`)
        : mine === last ? say(`Ce chiffre n’a pas changé depuis l’édition ${since}.`, `It has not changed since edition ${since}.`)
          : say(`Il est celui-ci depuis l’édition ${since}.`, `It is so since edition ${since}.`))
    const line = ([at, value, flag, causes]) => {
      const [edition, day] = book.editions[at]
      const why = (causes ?? []).map(cause => CAUSES[cause] ?? cause).join(say(' ou ', ' or '))
      return element('tr', {}, element('th', { scope: 'row' }, edition), element('td', {}, day),
        element('td', {}, stated([value, flag])), element('td', {}, why || (at === rows[0][0] ? say('première publication', 'first published') : say('sans raison trouvée', 'no reason found'))))
    }
    const heads = [say('Édition', 'Edition'), say('Scellée le', 'Sealed on'), say('Valeur', 'Value'), say('Raison', 'Reason')]
    const table = element('table', {}, element('thead', {}, element('tr', {}, ...heads.map(head => element('th', { scope: 'col' }, head)))),
      element('tbody', {}, ...rows.map(line)))
    section.querySelector('.figure-history')?.remove()
    section.append(element('div', { class: 'table-scroll figure-history', tabindex: '0', role: 'region', 'aria-label': say('Ce chiffre, d’une édition à l’autre', 'This figure, from one edition to the next') }, table))
  }

  // The citation, as `observatoire cite` writes it ------------------------------------------------------------------------

  const AUTHOR = 'Observatoire SRESR, IUT de Midi-Pyrénées'
  const plain = text => text.replace(/[%&_#$]/g, mark => `\\${mark}`)
  const label = figure.label ?? document.querySelector('h1').textContent.replace(/’/g, "'").replace(/[\u202f\u00a0]/g, ' ')
  const cited = sealed => {
    const edition = sealed.edition, address = `${figure.key}@${edition}`
    const title = `${label}, ${scope}, ${year} : ${figure.cited} (${address})`
    const note = (sealed.sha256 ? `Édition ${edition}, sha256 ${sealed.sha256.slice(0, 12)}` : `Édition ${edition}, non scellée`) + (figure.simulated ? '. Données simulées' : '')
    const day = sealed.day ?? `${edition}`, [y, m, d] = day.split('-')
    const id = `observatoire-sresr-${edition}-${address.replace(/[/@]/g, '-').toLowerCase()}`.replace(/\./g, '-')
    const json = value => JSON.stringify(value)
    return {
      text: [say('Texte', 'Text'), `${AUTHOR} (${y}). ${title}. ${note}.`],
      bibtex: ['BibTeX', `@misc{${id},\n  author = {{${AUTHOR}}},\n  title = {{${plain(title)}}},\n  year = {${y}},\n  version = {${edition}},\n  note = {${plain(note)}}\n}`],
      csl: ['CSL-JSON', JSON.stringify([{ id, type: 'dataset', author: [{ literal: AUTHOR }], title, issued: { 'date-parts': [[y, m, d].filter(Boolean).map(Number)] }, version: edition, note, language: 'fr' }], null, 1)],
      cff: ['CFF', [
        'cff-version: 1.2.0', `message: ${json('Citer l\'édition, jamais « la dernière » / Cite the edition, never “the latest”.')}`, 'type: dataset',
        `title: ${json(title)}`, 'authors:', `- name: ${AUTHOR}`, `version: '${edition}'`, ...sealed.day ? [`date-released: ${sealed.day}`] : [],
        'license-url: https://www.etalab.gouv.fr/licence-ouverte-open-licence/',
        ...sealed.sha256 ? ['identifiers:', '- type: other', `  value: sha256:${sealed.sha256}`, '  description: manifest.json'] : [],
        ...figure.simulated ? ['abstract: Cette édition contient des données simulées. This edition contains simulated data.'] : [],
      ].join('\n')],
    }
  }
  const citing = sealed => {
    const part = document.getElementById('cite'), forms = cited(sealed)
    part.querySelectorAll('.cite-forms').forEach(item => item.remove())
    const area = element('textarea', { readonly: '', rows: 6, 'aria-label': say('Référence à copier', 'Reference to copy') })
    const choice = element('select', { 'aria-label': say('Format de la référence', 'Format of the reference') },
      ...Object.entries(forms).map(([form, [title]]) => element('option', { value: form }, title)))
    choice.addEventListener('change', () => { area.value = forms[choice.value][1] })
    area.value = forms.text[1]
    area.addEventListener('focus', () => area.select())
    part.append(element('div', { class: 'cite-forms' }, element('p', {}, choice), area))
    if (sealed.sha256) document.querySelector('dd code').textContent = `${figure.key}@${sealed.edition}`
  }

  const start = async () => {
    window.observatoireHistory = {}
    await loaded(`${HOME}citation.js`)
    const sealed = window.observatoireEdition ?? { edition: document.querySelector('dd code').textContent.split('@')[1] }
    citing(sealed)
    const name_ = sealed.sha256 ? sealed.edition : null
    if (sealed.sha256 && await loaded(`${HOME}historique/${name}.js`)) told(window.observatoireHistory[code], name_)
    const shelf = sealed.sha256 ? `${HOME}../maintenant/` : sealed.shelf ? `${HOME}../editions/maintenant/` : ''
    if (shelf && await loaded(`${shelf}${name}.js`)) told(window.observatoireHistory[code], name_)
  }
  start()
})()

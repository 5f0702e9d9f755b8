/* The explorer: a choice of indicators, places and years; one chart and one table for each indicator; the same choice
   in the page's address; what is shown as CSV. Data: explorer-data.js. Drawing: Vega, explorer-chart.js. */
(function () {
  'use strict';
  var data = window.explorerData, vega = window.explorerVega, chart = window.explorerChart;
  var root = document.getElementById('explorer');
  if (!root || !data || !vega || !chart) return;

  var words = data.words, french = data.lang === 'fr', THIN = '\u202f';
  var MOST_INDICATORS = 3, MOST_PLACES = 9, LABELS_FROM = 520;
  var GLYPHS = {
    circle: '●', square: '■', 'triangle-up': '▲', diamond: '◆', cross: '✚', 'triangle-down': '▼',
    'triangle-right': '▶', 'triangle-left': '◀'
  };
  var NO_DATES = { dateTime: '%x', date: '%x', time: '%X', periods: [], days: [], shortDays: [], months: [], shortMonths: [] };
  vega.defaultLocale(french
    ? { decimal: ',', thousands: THIN, grouping: [3], currency: ['', '\u00a0€'], percent: THIN + '%', minus: '\u2212' }
    : { decimal: '.', thousands: ',', grouping: [3], currency: ['£', ''], percent: '%', minus: '\u2212' }, NO_DATES);

  /* Reading the data ------------------------------------------------------------------------------------------- */

  var columns = data.values;
  Object.keys(columns).forEach(function (name) {  // a column that is mostly empty comes as its filled rows only
    var filled = columns[name];
    if (Array.isArray(filled) || typeof filled === 'string') return;
    columns[name] = new Array(columns.year.length).fill(null);
    filled.at.forEach(function (row, position) { columns[name][row] = filled.is[position]; });
  });
  function cell(name, row) { return columns[name][row]; }
  function rowAt(row) {
    return {
      indicator: columns.indicator[row], place: columns.place[row], year: columns.year[row],
      value: cell('value', row), low: cell('interval_low', row), high: cell('interval_high', row),
      numerator: cell('numerator', row), denominator: cell('denominator', row),
      flag: columns.flag.charAt(row), isBreak: columns.is_break.charAt(row) === '1',
      origin: data.origins[+columns.origin.charAt(row)],
      reason: cell('reason', row) === null ? '' : data.reasons[cell('reason', row)]
    };
  }
  var series = new Map();  // "indicator place" → its rows, in order of years
  columns.indicator.forEach(function (_, row) {
    var item = rowAt(row), key = item.indicator + ' ' + item.place;
    if (!series.has(key)) series.set(key, []);
    series.get(key).push(item);
  });
  var placesOf = data.indicators.map(function () { return new Set(); });
  columns.indicator.forEach(function (indicator, row) { placesOf[indicator].add(columns.place[row]); });
  var indexOf = new Map(data.indicators.map(function (item, index) { return [item.code, index]; }));
  var placeIndex = new Map(data.places.map(function (item, index) { return [item.key, index]; }));

  /* The choice, and the same choice as an address ------------------------------------------------------------------ */

  function yearsOf(indicators) {
    var low = Infinity, high = -Infinity;
    columns.indicator.forEach(function (indicator, row) {
      if (indicators.indexOf(indicator) < 0) return;
      low = Math.min(low, columns.year[row]);
      high = Math.max(high, columns.year[row]);
    });
    if (low > high) { low = Math.min.apply(null, columns.year); high = Math.max.apply(null, columns.year); }
    return [low, high];
  }
  function placesAtFirst(indicator) {
    var all = Array.from(placesOf[indicator]).sort(function (a, b) { return a - b; });
    var sites = all.filter(function (place) { return data.places[place].level === 'site'; });
    return (sites.length ? sites : all).slice(0, MOST_PLACES);
  }
  function first() {
    var indicator = indexOf.has('MOB-OUT-RATE') ? indexOf.get('MOB-OUT-RATE') : 0;
    var years = yearsOf([indicator]);
    return { indicators: [indicator], places: placesAtFirst(indicator), from: years[0], to: years[1], paths: false };
  }
  function address(view) {
    var text = 'i=' + view.indicators.map(function (item) { return data.indicators[item].code; }).join(',') +
      '&p=' + view.places.map(function (item) { return data.places[item].key; }).join(',') +
      '&y=' + view.from + '-' + view.to;
    return '#' + text + (view.paths ? '&t=1' : '');
  }
  function fromAddress(hash) {
    var asked = new URLSearchParams(hash.replace(/^#/, '')), start = first();
    if (!asked.get('i')) return start;
    function known(name, index, most) {
      var found = (asked.get(name) || '').split(',').filter(function (code) { return index.has(code); })
        .map(function (code) { return index.get(code); });
      return Array.from(new Set(found)).slice(0, most);
    }
    var indicators = known('i', indexOf, MOST_INDICATORS);
    if (!indicators.length) return start;
    var range = yearsOf(indicators), years = /^(\d{4})-(\d{4})$/.exec(asked.get('y') || '');
    var view = {
      indicators: indicators, places: known('p', placeIndex, MOST_PLACES).sort(byNumber),
      from: years ? +years[1] : range[0], to: years ? +years[2] : range[1], paths: asked.get('t') === '1'
    };
    if (!asked.has('p')) view.places = placesAtFirst(indicators[0]);
    return within(view);
  }
  function within(view) {  // a choice always stays inside what its indicators have
    var range = yearsOf(view.indicators);
    view.from = Math.min(Math.max(view.from, range[0]), range[1]);
    view.to = Math.max(Math.min(view.to, range[1]), view.from);
    return view;
  }
  function byNumber(a, b) { return a - b; }

  /* Words and numbers --------------------------------------------------------------------------------------------- */

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
  }
  function number(value, places) {
    return value.toLocaleString(french ? 'fr-FR' : 'en-GB', { minimumFractionDigits: places, maximumFractionDigits: places })
      .replace(/\u00a0/g, THIN).replace('-', '\u2212');
  }
  function shown(value, indicator) {
    if (indicator.unit !== 'share') return number(value, indicator.decimals);
    return number(value * 100, Math.max(indicator.decimals, 1)) + (french ? THIN : '') + '%';
  }
  function plural(count, name) {
    return count === 1 ? words['one_' + name] : fill(words['many_' + name + 's'], { n: number(count, 0) });
  }
  function make(tag, attributes, children) {
    var element = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      if (attributes[name] === true) element.setAttribute(name, '');
      else if (attributes[name] !== false && attributes[name] !== null) element.setAttribute(name, attributes[name]);
    });
    [].concat(children === undefined ? [] : children).forEach(function (child) {
      if (child !== null) element.append(child);
    });
    return element;
  }

  /* The form ------------------------------------------------------------------------------------------------------- */

  var view = fromAddress(location.hash), charts = [];
  var indicatorList = make('div', { class: 'explorer-list' }), placeList = make('div', { class: 'explorer-list' });
  var search = make('input', { type: 'search', id: 'explorer-search', autocomplete: 'off' });
  var from = make('select', { id: 'explorer-from' }), to = make('select', { id: 'explorer-to' });
  var paths = make('input', { type: 'checkbox', id: 'explorer-paths' });
  var pathsLine = make('label', { class: 'explorer-paths' }, [paths, ' ' + words.paths]);
  var reset = make('button', { type: 'button' }, words.reset);
  var copy = make('button', { type: 'button' }, words.copy);
  var csv = make('button', { type: 'button', id: 'explorer-csv' }, words.csv);
  var link = make('input', { type: 'text', id: 'explorer-link', readonly: true });
  var status = make('p', { role: 'status', class: 'explorer-status' });
  var output = make('div', { class: 'explorer-output' });

  function fieldset(title, hint, children) {
    var legend = make('legend', {}, [title]);
    if (hint) legend.append(' ', make('span', { class: 'explorer-hint' }, '(' + hint + ')'));
    return make('fieldset', { class: children[0] === placeList ? 'explorer-places' : null }, [legend].concat(children));
  }
  function form() {
    var groups = new Map();
    data.indicators.forEach(function (item, index) {
      var title = item.objective ? fill(words.objective, { n: item.objective }) : words.other;
      if (!groups.has(title)) groups.set(title, []);
      groups.get(title).push([item.label, index]);
    });
    groups.forEach(function (items, title) { indicatorList.append(group(title, items, 'indicator')); });
    var element = make('form', { class: 'explorer-form', 'aria-label': words.form }, [
      fieldset(words.indicators, words.indicators_hint, [
        make('label', { class: 'explorer-search', for: 'explorer-search' }, words.search), search, indicatorList
      ]),
      fieldset(words.places, words.places_hint, [placeList]),
      make('div', { class: 'explorer-rest' }, [
        fieldset(words.years, '', [make('div', { class: 'explorer-years' }, [
          make('label', { for: 'explorer-from' }, words.from), from, make('label', { for: 'explorer-to' }, words.to), to
        ]), pathsLine]),
        make('label', { for: 'explorer-link' }, words.link), link,
        make('div', { class: 'explorer-buttons' }, [copy, csv, reset])
      ])
    ]);
    element.addEventListener('submit', function (event) { event.preventDefault(); });
    return element;
  }
  function group(title, items, name) {
    return make('div', { role: 'group', 'aria-label': title }, [make('p', { class: 'explorer-group' }, title)].concat(
      items.map(function (item) {
        return make('label', {}, [make('input', { type: 'checkbox', name: name, value: item[1] }), ' ' + item[0]]);
      })
    ));
  }
  function showForm() {  // brings the form to the choice; the place list follows the indicators
    var focused = document.activeElement && document.activeElement.name === 'place' ? document.activeElement.value : null;
    var open = new Set();
    view.indicators.forEach(function (indicator) { placesOf[indicator].forEach(function (place) { open.add(place); }); });
    var levels = new Map();
    Array.from(open).sort(byNumber).forEach(function (place) {
      var item = data.places[place];
      if (!levels.has(item.level_label)) levels.set(item.level_label, []);
      levels.get(item.level_label).push([item.label, place]);
    });
    placeList.replaceChildren();
    levels.forEach(function (items, title) { placeList.append(group(title, items, 'place')); });
    indicatorList.querySelectorAll('input').forEach(function (box) { box.checked = view.indicators.indexOf(+box.value) >= 0; });
    placeList.querySelectorAll('input').forEach(function (box) {
      box.checked = view.places.indexOf(+box.value) >= 0;
      if (box.value === focused) box.focus();
    });
    var range = yearsOf(view.indicators);
    [[from, view.from], [to, view.to]].forEach(function (pair) {
      pair[0].replaceChildren();
      for (var year = range[0]; year <= range[1]; year += 1) pair[0].append(make('option', { value: year }, String(year)));
      pair[0].value = pair[1];
    });
    paths.checked = view.paths;
    pathsLine.hidden = !data.paths.indicator.some(function (indicator) { return view.indicators.indexOf(indicator) >= 0; });
    link.value = location.href.split('#')[0] + address(view);
  }

  /* What is on screen ----------------------------------------------------------------------------------------------- */

  function selected(indicator) {  // the rows of one indicator in the places and years chosen
    var found = [];
    view.places.forEach(function (place) {
      (series.get(indicator + ' ' + place) || []).forEach(function (row) {
        if (row.year >= view.from && row.year <= view.to) found.push(row);
      });
    });
    return found;
  }
  function everything() {
    return view.indicators.reduce(function (rows, indicator) { return rows.concat(selected(indicator)); }, []);
  }

  /* Rows for the chart: a line stops at a break, at a gap, at a value that is not given. */
  function drawn(indicator, rows, future) {
    var item = data.indicators[indicator];
    var sets = { bands: [], breaks: [], future: [], lines: [], paths: [], points: [], hidden: [], labels: [] };
    var previous = null, run = 0;
    rows.forEach(function (row) {
      var place = data.places[row.place], simulated = row.origin === 'simulated', run_was = run;
      if (!previous || previous.place !== row.place || row.isBreak || row.value === null || previous.value === null ||
        row.year - previous.year > 1 || row.origin !== previous.origin) run += 1;
      previous = row;
      if (row.value === null) return;
      var common = { year: row.year, value: row.value, colour: place.colour, run: run };
      sets.lines.push(Object.assign({ dash: simulated ? [5, 3] : [1, 0] }, common));
      sets.points.push(Object.assign({
        fill: simulated ? data.paper : place.colour, shape: place.shape,
        told: place.label + ', ' + row.year + (french ? '\u00a0: ' : ': ') + shown(row.value, item) +
          (row.low === null ? '' : ' [' + shown(row.low, item) + ' – ' + shown(row.high, item) + ']') +
          (simulated ? ' (' + words.simulated + ')' : '')
      }, common));
      if (row.low !== null) sets.bands.push({ year: row.year, low: row.low, high: row.high, colour: place.colour, run: run });
      if (run !== run_was && row.isBreak) sets.breaks.push(row.year);
    });
    var secret = new Map();
    rows.forEach(function (row) {
      if (row.flag !== 'c') return;
      if (!secret.has(row.year)) secret.set(row.year, []);
      secret.get(row.year).push(data.places[row.place].label);
    });
    secret.forEach(function (names, year) {
      sets.hidden.push({ year: year, told: year + ', ' + words.confidential + (french ? '\u00a0: ' : ': ') + names.join(', ') });
    });
    var cuts = rows.filter(function (row) { return row.isBreak && row.year > view.from; }).map(function (row) { return row.year; });
    sets.breaks = Array.from(new Set(cuts)).sort(byNumber).map(function (year, position) {
      var known = breakOf(indicator, year);
      return { year: year - 0.5, word: known ? known[2] : words.break, row: 1 + (position % 3) * 13 };
    });
    future.forEach(function (row) {
      var place = data.places[row.place], key = row.kind + row.place;
      sets.paths.push({ year: row.year, value: row.value, colour: place.colour, run: key, dash: row.kind === 'path' ? [1, 3] : [8, 4] });
      if (row.low !== null) sets.future.push({ year: row.year, low: row.low, high: row.high, colour: place.colour, run: key });
    });
    return sets;
  }
  function breakOf(indicator, year) {
    return data.breaks.filter(function (item) { return item[0] === indicator && item[1] === year; })[0];
  }
  function futureOf(indicator) {
    if (!view.paths) return [];
    var found = [];
    data.paths.indicator.forEach(function (at, row) {
      var place = data.paths.place[row];
      if (at !== indicator || view.places.indexOf(place) < 0) return;
      found.push({ place: place, kind: data.paths.kind[row], year: data.paths.year[row], value: data.paths.value[row],
        low: data.paths.low[row], high: data.paths.high[row], origin: data.paths.origin[row], flag: data.paths.flag[row],
        indicator: indicator, numerator: null, denominator: null, isBreak: false, reason: '' });
    });
    return found;
  }

  function domain(rows, future) {  // from zero unless every value is far from it; rounded upward to a plain number
    var values = [];
    rows.concat(future).forEach(function (row) {
      [row.value, row.low, row.high].forEach(function (value) { if (value !== null) values.push(value); });
    });
    if (!values.length) return [0, 1];
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values);
    var base = low > 0.6 * high ? low - 0.25 * (high - low || high) : Math.min(0, low);
    var span = (high - base) || 1, step = Math.pow(10, Math.floor(Math.log10(span / 5)));
    step *= span / 5 / step > 5 ? 10 : span / 5 / step > 2 ? 5 : span / 5 / step > 1 ? 2 : 1;
    base = Math.floor(base / step + 1e-9) * step;
    return [base, base + Math.ceil((high - base) / step + 0.2) * step];
  }

  function labels(rows, low, high, height) {  // names beside the last points, pushed apart so that none overlaps
    var last = new Map();
    rows.forEach(function (row) { if (row.value !== null) last.set(row.place, row); });
    var scale = (high - low) / height, gap = 14;
    var wanted = Array.from(last.values()).map(function (row) {
      return { place: row.place, y: (row.value - low) / scale };
    }).sort(function (a, b) { return a.y - b.y; });
    wanted.forEach(function (item, position) {
      item.y = Math.max(item.y, position ? wanted[position - 1].y + gap : 6);
    });
    for (var position = wanted.length - 1; position >= 0; position -= 1) {
      wanted[position].y = Math.min(wanted[position].y, position === wanted.length - 1 ? height - 6 : wanted[position + 1].y - gap);
    }
    return wanted.map(function (item) {
      var place = data.places[item.place];
      return { value: low + item.y * scale, label: GLYPHS[place.shape] + ' ' + place.label, colour: place.word };
    });
  }

  function drawChart(holder, indicator, rows) {
    var item = data.indicators[indicator], future = futureOf(indicator), sets = drawn(indicator, rows, future);
    var box = holder.clientWidth || 480, beside = box >= LABELS_FROM, limits = domain(rows, future);
    var names = view.places.map(function (place) { return data.places[place].label; });
    var right = beside ? Math.min(30 + 6.3 * Math.max.apply(null, names.map(function (name) { return name.length; })), 190) : 10;
    var left = 52, height = view.indicators.length > 1 ? 250 : 330, width = Math.max(box - left - right, 120);
    if (beside) sets.labels = labels(rows, limits[0], limits[1], height);
    var years = future.map(function (row) { return row.year; }).concat([view.from, view.to]);
    var made = new vega.View(vega.parse(chart, null, { ast: true }), { expr: vega.expressionInterpreter, renderer: 'svg' })
      .width(width).height(height).padding({ left: left, right: right, top: 6, bottom: 26 })
      .signal('x_low', Math.min.apply(null, years) - 0.4).signal('x_high', Math.max.apply(null, years) + 0.4)
      .signal('y_low', limits[0]).signal('y_high', limits[1])
      .signal('tick_format', item.unit === 'share' ? (limits[1] - limits[0] < 0.1 ? '.1%' : '.0%') : (limits[1] - limits[0] < 5 ? ',.1f' : ',.0f'))
      .tooltip(tip(holder));
    Object.keys(sets).forEach(function (name) { made.data(name, sets[name]); });
    charts.push(made);
    made.initialize(holder);
    made.run();
    return { beside: beside, offZero: limits[0] > 0 };
  }
  function tip(holder) {  // a word under the pointer; the table says the same to everyone else
    return function (_, event, __, told) {
      var line = holder.querySelector('.explorer-tip');
      if (!told) { if (line) line.remove(); return; }
      if (!line) { line = make('div', { class: 'explorer-tip', 'aria-hidden': 'true' }); holder.append(line); }
      line.textContent = told;
      var box = holder.getBoundingClientRect();
      line.style.left = Math.min(event.clientX - box.left + 12, Math.max(box.width - 190, 0)) + 'px';
      line.style.top = event.clientY - box.top + 14 + 'px';
    };
  }

  function key() {
    return make('ul', { class: 'explorer-key' }, view.places.map(function (place) {
      var item = data.places[place], mark = make('span', { 'aria-hidden': 'true' }, GLYPHS[item.shape]);
      mark.style.color = item.colour;
      return make('li', {}, [mark, ' ' + item.label]);
    }));
  }

  function tableOf(indicator, rows) {
    var item = data.indicators[indicator];
    var here = view.places.filter(function (place) { return rows.some(function (row) { return row.place === place; }); });
    var years = Array.from(new Set(rows.map(function (row) { return row.year; }))).sort(byNumber);
    var at = new Map(rows.map(function (row) { return [row.year + ' ' + row.place, row]; }));
    var head = make('tr', {}, [make('th', { scope: 'col' }, words.year)].concat(here.map(function (place) {
      return make('th', { scope: 'col' }, data.places[place].label);
    })));
    var body = make('tbody');
    years.forEach(function (year) {
      var cut = year > view.from && rows.some(function (row) { return row.year === year && row.isBreak; });
      var known = cut ? breakOf(indicator, year) : null;
      if (cut) {
        body.append(make('tr', { class: 'explorer-break' }, make('td', { colspan: here.length + 1 },
          words.break + (known ? (french ? '\u00a0: ' : ': ') + known[2] : ''))));
      }
      body.append(make('tr', {}, [make('th', { scope: 'row' }, String(year))].concat(here.map(function (place) {
        return cellOf(at.get(year + ' ' + place), item);
      }))));
    });
    ['path', 'forecast'].forEach(function (kind) {
      var ahead = futureOf(indicator).filter(function (row) { return row.kind === kind; });
      var known = new Map(ahead.map(function (row) { return [row.year + ' ' + row.place, row]; }));
      if (ahead.length) body.append(make('tr', { class: 'explorer-break' }, make('td', { colspan: here.length + 1 }, words[kind])));
      Array.from(new Set(ahead.map(function (row) { return row.year; }))).sort(byNumber).forEach(function (year) {
        body.append(make('tr', {}, [make('th', { scope: 'row' }, String(year))].concat(here.map(function (place) {
          return cellOf(known.get(year + ' ' + place), item);
        }))));
      });
    });
    var name = item.label + ' (' + item.unit_label + ')';
    return make('div', { class: 'explorer-scroll', role: 'region', tabindex: '0', 'aria-label': words.table + (french ? '\u00a0: ' : ': ') + item.label },
      make('table', {}, [make('caption', {}, name), make('thead', {}, head), body]));
  }
  function cellOf(row, item) {
    if (!row) return make('td', {}, make('abbr', { title: words.missing }, '–'));
    if (row.flag === 'c') return make('td', {}, make('abbr', { title: words.confidential }, 'c'));
    if (row.value === null) return make('td', {}, make('abbr', { title: row.reason || data.flags[row.flag] || words.missing }, '–'));
    var simulated = row.origin === 'simulated';
    var children = [simulated ? make('i', { title: words.simulated }, shown(row.value, item)) : shown(row.value, item)];
    if (row.low !== null) {
      children.push(make('small', {}, shown(row.low, item) + ' – ' + shown(row.high, item)));
    }
    return make('td', {}, children);
  }

  function notes(indicator, rows, drawnAs) {
    var told = [], simulated = rows.filter(function (row) { return row.origin === 'simulated'; }).length;
    if (simulated) told.push(simulated === rows.length ? words.simulated_note : words.partly_simulated);
    if (rows.some(function (row) { return row.flag === 'c'; })) told.push(words.confidential_note);
    if (rows.some(function (row) { return row.low !== null; })) told.push(words.interval_note);
    if (futureOf(indicator).length) told.push(words.path_note);
    if (drawnAs.offZero) told.push(words.axis_note);
    var years = Array.from(new Set(rows.filter(function (row) { return row.isBreak && row.year > view.from; })
      .map(function (row) { return row.year; }))).sort(byNumber);
    var cuts = years.map(function (year) {
      var known = breakOf(indicator, year);
      return year + ', ' + (known ? known[3].replace(/\.$/, '') : words.break);
    });
    if (cuts.length) told.push(words.break_note + ' ' + cuts.join(french ? '\u00a0; ' : '; ') + '.');
    Array.from(new Set(rows.map(function (row) { return row.reason; }).filter(Boolean))).forEach(function (reason) { told.push(reason); });
    return told.length ? make('p', { class: 'explorer-notes' }, told.join(' ')) : null;
  }

  function show() {
    charts.splice(0).forEach(function (made) { made.finalize(); });
    output.replaceChildren();
    view.indicators.forEach(function (indicator) {
      var item = data.indicators[indicator], rows = selected(indicator);
      var section = make('section', { class: 'explorer-view', 'aria-labelledby': 'explorer-' + item.code }, [
        make('h2', { id: 'explorer-' + item.code }, [item.label + ' ', make('span', { class: 'explorer-unit' }, '(' + item.unit_label + ')')]),
        make('details', {}, [make('summary', {}, words.definition), make('p', {}, [item.definition + ' ', make('code', {}, item.code)])])
      ]);
      output.append(section);
      if (!rows.length) { section.append(make('p', {}, words.no_value)); return; }
      var holder = make('div', { class: 'explorer-canvas', 'aria-hidden': 'true' });
      var figure = make('div', { class: 'explorer-figure' }, make('div', { role: 'img', 'aria-label': item.label + '. ' + words.chart }, holder));
      section.append(make('div', { class: 'explorer-pair' }, [figure, tableOf(indicator, rows)]));
      var drawnAs = drawChart(holder, indicator, rows);
      if (!drawnAs.beside) figure.prepend(key());
      var small = notes(indicator, rows, drawnAs);
      if (small) figure.append(small);
    });
    var all = everything(), secret = all.filter(function (row) { return row.flag === 'c'; }).length;
    var values = plural(all.length, 'value');
    if (secret) values += ', ' + (secret === 1 ? words.hidden_one : fill(words.hidden, { n: number(secret, 0) }));
    say(all.length ? fill(words.shown, {
      i: plural(view.indicators.length, 'indicator'), p: plural(view.places.length, 'place'), a: view.from, b: view.to, v: values
    }) : words.no_value);
  }
  function say(text) { status.textContent = text; }

  /* CSV of what is on screen: the columns of pub_values.csv, the two labels, and what a row is. -------------------------------------- */

  function csvText() {
    var head = ['indicator_code', 'indicator_label', 'unit', 'scope_level', 'scope_code', 'scope_label', 'year', 'numerator',
      'denominator', 'value', 'interval_low', 'interval_high', 'flag', 'is_break', 'origin', 'kind'];
    var ahead = view.indicators.reduce(function (rows, indicator) { return rows.concat(futureOf(indicator)); }, []);
    var lines = [head].concat(everything().concat(ahead).map(function (row) {
      var item = data.indicators[row.indicator], place = data.places[row.place];
      return [item.code, item.label, item.unit, place.level, place.code, place.label, row.year, row.numerator, row.denominator,
        row.value, row.low, row.high, row.flag, row.isBreak, row.origin, row.kind || 'observed'];
    }));
    return lines.map(function (line) { return line.map(quoted).join(','); }).join('\r\n') + '\r\n';
  }
  function quoted(value) {
    var text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
  function download() {
    var text = csvText(), where = URL.createObjectURL(new Blob(['\ufeff' + text], { type: 'text/csv;charset=utf-8' }));
    var anchor = make('a', { href: where, download: 'observatoire-' + data.edition + '.csv' });
    anchor.click();
    setTimeout(function () { URL.revokeObjectURL(where); }, 1000);
    say(fill(words.csv_done, { n: number(text.trim().split('\r\n').length - 1, 0) }));
  }

  /* Changing the choice ------------------------------------------------------------------------------------------------ */

  function changed(keepAddress) {
    within(view);
    if (!keepAddress) history.replaceState(null, '', address(view));
    showForm();
    show();
  }
  function toggled(name, box, most, tooMany, none) {
    var chosen = view[name], value = +box.value;
    if (box.checked && chosen.length >= most) { box.checked = false; say(tooMany); return false; }
    if (!box.checked && chosen.length === 1) { box.checked = true; say(none); return false; }
    view[name] = box.checked ? chosen.concat([value]) : chosen.filter(function (item) { return item !== value; });
    return true;
  }
  indicatorList.addEventListener('change', function (event) {
    var before = yearsOf(view.indicators), whole = view.from === before[0] && view.to === before[1];
    if (!toggled('indicators', event.target, MOST_INDICATORS, words.too_many_indicators, words.no_indicator)) return;
    var open = new Set();
    view.indicators.forEach(function (indicator) { placesOf[indicator].forEach(function (place) { open.add(place); }); });
    view.places = view.places.filter(function (place) { return open.has(place); });
    if (!view.places.length) view.places = placesAtFirst(view.indicators[view.indicators.length - 1]);
    if (whole) { var range = yearsOf(view.indicators); view.from = range[0]; view.to = range[1]; }
    changed();
  });
  placeList.addEventListener('change', function (event) {
    if (!toggled('places', event.target, MOST_PLACES, words.too_many_places, words.no_place)) return;
    view.places.sort(byNumber);
    changed();
  });
  from.addEventListener('change', function () { view.from = +from.value; view.to = Math.max(view.to, view.from); changed(); });
  to.addEventListener('change', function () { view.to = +to.value; view.from = Math.min(view.from, view.to); changed(); });
  paths.addEventListener('change', function () { view.paths = paths.checked; changed(); });
  reset.addEventListener('click', function () {
    search.value = '';
    filter();
    view = first();
    changed();
  });
  csv.addEventListener('click', download);
  copy.addEventListener('click', function () {
    function byHand() { link.focus(); link.select(); say(words.copy_by_hand); }
    if (!navigator.clipboard) { byHand(); return; }
    navigator.clipboard.writeText(link.value).then(function () { say(words.copied); }, byHand);
  });
  link.addEventListener('focus', function () { link.select(); });
  search.addEventListener('input', filter);
  function bare(text) { return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase(); }
  function filter() {
    var wanted = bare(search.value);
    indicatorList.querySelectorAll('[role=group]').forEach(function (part) {
      var any = false;
      part.querySelectorAll('label').forEach(function (line) {
        line.hidden = bare(line.textContent).indexOf(wanted) < 0;
        any = any || !line.hidden;
      });
      part.hidden = !any;
    });
  }
  window.addEventListener('hashchange', function () {
    if (location.hash === address(view) || location.hash.indexOf('=') < 0) return;
    view = fromAddress(location.hash);
    changed(true);
  });
  var width = 0, timer = 0;
  window.addEventListener('resize', function () {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(show, 150);
  });

  root.append(form(), status, output);
  width = window.innerWidth;
  changed(true);
})();

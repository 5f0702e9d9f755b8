/* The map of the technological pathway: three filters over one list. The table of the page is the data; the discs,
   the numbers and the sentence follow from the rows that stay. The choice stands in the page's address. */
(function () {
  'use strict';
  var block = document.getElementById('pathway');
  var table = document.querySelector('#tbl-pathway table') || document.querySelector('table#tbl-pathway');
  if (!block || !table) return;
  var words = block.dataset, form = block.querySelector('form'), status = block.querySelector('[role=status]');
  var french = document.documentElement.lang.slice(0, 2) === 'fr';
  var TOWN = 0, LEVEL = 2, FIELD = 4;

  function plain(text) { return text.replace(/[\u2019']/g, '’').replace(/[\s\u00a0\u202f]+/g, ' ').trim(); }
  function count(number) { return number.toLocaleString(french ? 'fr-FR' : 'en-GB'); }
  function radius(number) { return number ? 1.2 + 2.3 * Math.sqrt(number) : 0; }  // as in layout.py

  var rows = Array.prototype.map.call(table.tBodies[0].rows, function (row) {
    var cells = row.cells;
    return {
      row: row, town: plain(cells[TOWN].textContent), level: plain(cells[LEVEL].textContent),
      field: plain(cells[FIELD].textContent)
    };
  });
  var marks = Array.prototype.map.call(block.querySelectorAll('a[data-town]'), function (link) {
    return {
      link: link, town: plain(link.dataset.town), disc: link.querySelector('circle:not(.pathway-touch)'),
      touch: link.querySelector('.pathway-touch'), number: link.querySelector('tspan'), title: link.querySelector('title'),
      toSheet: link.getAttribute('href').charAt(0) !== '#'
    };
  });

  function level(shown) { return shown === 'DUT' || shown === 'BUT' ? 'DUT, BUT' : shown; }

  function apply() {
    var field = plain(form.field.value), wanted = plain(form.level.value), town = plain(form.town.value);
    var byTown = new Map(), total = 0, places = new Set();
    rows.forEach(function (item) {
      var kept = (!field || item.field === field) && (!wanted || level(item.level) === wanted);
      if (kept) byTown.set(item.town, (byTown.get(item.town) || 0) + 1);
      var shown = kept && (!town || item.town === town);
      item.row.classList.toggle('pathway-away', !shown);
      if (shown) { total += 1; places.add(item.town); }
    });
    marks.forEach(function (mark) {
      var number = byTown.get(mark.town) || 0, size = radius(number);
      mark.link.classList.toggle('pathway-away', !number);
      mark.link.classList.toggle('pathway-chosen', mark.town === town);
      mark.disc.setAttribute('r', size);
      mark.touch.setAttribute('r', Math.max(size, 9));
      if (mark.number) mark.number.textContent = count(number);
      var name = mark.link.dataset.town + (french ? '\u00a0: ' : ': ') + count(number) + '\u00a0' +
        (number === 1 ? words.one : words.many) + ', ' + (mark.toSheet ? words.sheet : words.list);
      mark.link.setAttribute('aria-label', name);
      mark.title.textContent = name;
    });
    status.textContent = total
      ? count(total) + '\u00a0' + (total === 1 ? words.one : words.many) + ' ' +
        (places.size === 1 ? words.inOne : words.inMany.replace('{n}', count(places.size))) + '.'
      : words.none;
    var kept = ['field', 'level', 'town'].filter(function (name) { return form[name].value; }).map(function (name) {
      return name + '=' + encodeURIComponent(form[name].value);
    }).join('&');
    if (kept || location.hash.indexOf('=') > 0) history.replaceState(null, '', kept ? '#' + kept : location.pathname + location.search);
  }

  function read() {
    new URLSearchParams(location.hash.slice(1)).forEach(function (value, name) {
      var select = ['field', 'level', 'town'].indexOf(name) >= 0 && form[name];
      if (select && Array.prototype.some.call(select.options, function (option) { return option.value === value; })) select.value = value;
    });
  }

  block.addEventListener('click', function (event) {
    var link = event.target.closest('a[data-town]');
    var mark = marks.filter(function (item) { return item.link === link; })[0];
    if (!mark || mark.toSheet) return;
    event.preventDefault();
    form.town.value = link.dataset.town;
    apply();
    var list = table.closest('[tabindex]') || table;
    if (!list.hasAttribute('tabindex')) list.setAttribute('tabindex', '-1');
    list.scrollIntoView({ block: 'start' });
    list.focus({ preventScroll: true });
  });
  form.addEventListener('change', apply);
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.addEventListener('reset', function () { setTimeout(apply); });
  window.addEventListener('hashchange', function () {
    if (location.hash.indexOf('=') < 0) return;
    form.reset();
    read();
    apply();
  });
  form.hidden = false;
  read();
  apply();
})();

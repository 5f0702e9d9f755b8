-- Used by both engines: French typography, and our classes as functions of the PDF's template (classes.typ).

local typst = FORMAT:match 'typst'
local french = false
local NARROW, WIDE = '\u{202F}', '\u{00A0}'

-- Divs and spans that a Typst function of the same name draws. Each child of a grid is an argument of its own.
local GRIDS = { 'kpi-grid', 'figure-pair' }
local DIVS = { 'page-intro', 'kpi', 'source-note', 'quotation', 'compact', 'page-break', 'list-of-figures', 'list-of-tables' }
local SCREEN = { 'download', 'figure-tools', 'table-tools', 'screen-only' }  -- files cannot be had from paper
local SPANS = { 'kpi-value', 'kpi-mention', 'kpi-label', 'kpi-note', 'simulated', 'source-note' }

local function raw(text) return pandoc.RawBlock('typst', text) end

local function first_of(names, classes)
  for _, name in ipairs(names) do
    if classes:includes(name) then return name end
  end
end

local function called(name, children)
  local blocks = pandoc.Blocks { raw('#' .. name .. '[') }
  for position, child in ipairs(children) do
    if position > 1 then blocks:insert(raw '][') end
    blocks:insert(child)
  end
  blocks:insert(raw ']')
  return blocks
end

local function grid(element)
  local name = typst and first_of(GRIDS, element.classes)
  return name and called(name, element.content)
end

-- A part's own heading is at level 1; the headings that follow it, written at level 1, come to stand at level 2.
local function part(element)
  local name = pandoc.Inlines { pandoc.RawInline('typst', '#part[') }  -- inline: a paragraph would break its contents line
  name:extend(pandoc.utils.blocks_to_inlines(element.content))
  name:insert(pandoc.RawInline('typst', ']'))
  return { raw '#set heading(offset: 0)', pandoc.Plain(name), raw '#set heading(offset: 1)' }
end

local function div(element)
  if not typst then return nil end
  if first_of(SCREEN, element.classes) then return {} end
  if element.classes:includes 'part' then return part(element) end
  if element.classes:includes 'table-block' then return element.content end
  local name = first_of(DIVS, element.classes)
  if not name then return nil end
  local blocks = called(name, {})
  for position, child in ipairs(element.content) do blocks:insert(position + 1, child) end
  return blocks
end

-- "412 (simulé)" as a key figure: the number is large, the mention is not, whether marked as such or only in brackets.
-- "confidentiel" in its place is a word, set so that a narrow tile holds it.
local function key_figure(element)
  local last = element.content[#element.content]
  if not element.classes:includes 'kpi-value' then return nil end
  if pandoc.utils.stringify(element.content):match '^%a%a%a' then element.classes:insert 'kpi-word' end
  if #element.content < 2 then return element end
  if last.t == 'Span' and last.classes:includes 'simulated' then
    last.classes = pandoc.List { 'kpi-mention' }
  elseif last.t == 'Str' and last.text:match '^%(.+%)$' then
    element.content[#element.content] = pandoc.Span(pandoc.Inlines { last }, { class = 'kpi-mention' })
  end
  return element
end

local function span(element)
  if not typst then return nil end
  if first_of(SCREEN, element.classes) then return {} end
  local call
  if element.classes:includes 'status' then
    local state = 'other'
    for _, class in ipairs(element.classes) do state = class:match '^status%-(.+)$' or state end
    call = '#status("' .. state .. '")['
  end
  local name = first_of(SPANS, element.classes)
  call = call or name and '#' .. name .. '['
  if not call then return nil end
  local inlines = pandoc.Inlines { pandoc.RawInline('typst', call) }
  inlines:extend(element.content)
  inlines:insert(pandoc.RawInline('typst', '];'))  -- the semicolon ends the call: a "(" may follow
  return inlines
end

-- Plain spaces that French puts before ; ! ? % € and inside guillemets do not let a line end there.
local function before(text)
  if text:match '^[;!?%%]' or text:match '^€' or text:match '^»' then return NARROW end  -- one by one: patterns see bytes
  if text:match '^:' and not text:match '^:[%w/]' then return WIDE end
end

-- Most texts have nothing to mend: they are looked at once, and not built anew.
local function to_mend(list)
  local spaced = false
  for _, item in ipairs(list) do
    local kind = item.t
    if kind == 'Str' then
      local text = item.text
      if (spaced and before(text)) or text:find(WIDE, 1, true) or text:find('\u{00AB}', 1, true) then return true end
    end
    spaced = kind == 'Space' or kind == 'SoftBreak'
  end
  return false
end

local function inlines(list)
  if not french or not to_mend(list) then return nil end
  local changed = pandoc.Inlines {}
  for position, item in ipairs(list) do
    local following, last = list[position + 1], changed[#changed]
    if item.t == 'Space' or item.t == 'SoftBreak' then
      local text = following and following.t == 'Str' and following.text or ''
      local mark = before(text)
      if last and last.t == 'Str' and last.text:match '\u{00AB}$' then mark = NARROW end
      if mark then item = pandoc.Str(mark) end
    elseif item.t == 'Str' then  -- a generated text may come with its own, wide, unbreakable spaces
      item.text = item.text:gsub(WIDE .. '([;!?%%])', NARROW .. '%1'):gsub(WIDE .. '»', NARROW .. '»'):gsub('«' .. WIDE, '«' .. NARROW)
    end
    changed:insert(item)
  end
  return changed
end

local function quoted(element)
  if not french then return nil end
  local outer = element.quotetype == 'DoubleQuote'
  local opening, closing = '\u{201C}', '\u{201D}'
  if outer then opening, closing = '\u{00AB}' .. NARROW, NARROW .. '\u{00BB}' end
  local content = pandoc.Inlines { pandoc.Str(opening) }
  content:extend(element.content)
  content:insert(pandoc.Str(closing))
  return content
end

-- Widths of columns, from what they hold. A table that fits its line keeps Typst's own, which follow the text; in a
-- wider one each column gets a share that grows with the root of its text, so that all rows come out about equally high.
local LINE, SMALL_LINE, PADDING = 104, 120, 2  -- characters of a line of table, of one in `.compact`; of a gap between columns

local function length_of(blocks, has_code)
  local total, longest = 0, 0
  local text = pandoc.utils.stringify(blocks)
  local code = 0
  if has_code then  -- a cell is walked through only where there is something to find: it takes the most time of all
    pandoc.Blocks(blocks):walk { Code = function(element) code = code + utf8.len(element.text) end }
  end
  local wider = code > 0 and 1.35 or 1  -- code is set in wider letters
  for word in text:gsub('-', '- '):gmatch '%S+' do longest = math.max(longest, (utf8.len(word) or #word) * wider) end
  total = (utf8.len(text) or #text) + 0.35 * code
  return total, math.min(longest, 18 * wider)
end

local function rows_of(element)
  local rows = pandoc.List {}
  rows:extend(element.head.rows)
  for _, body in ipairs(element.bodies) do rows:extend(body.head) rows:extend(body.body) end
  rows:extend(element.foot.rows)
  return rows
end

local function shares(sums, least, most, line)
  local low, high, widths = 0, line, {}
  for _ = 1, 40 do
    local scale, total = (low + high) / 2, 0
    for column, sum in ipairs(sums) do
      widths[column] = math.max(least[column], math.min(most[column], scale * math.sqrt(sum)))
      total = total + widths[column]
    end
    if total > line then high = scale else low = scale end
  end
  return widths
end

-- Before the pass of tables, which meets a table sooner than what stands around it.
local function small(element)
  if not typst or not element.classes:includes 'compact' then return nil end
  return element:walk { Table = function(grid)
    grid.attributes.small = 'true'
    return grid
  end }
end

local function fitted(element)
  if not typst then return nil end
  local line = element.attributes.small and SMALL_LINE or LINE
  element.attributes.small = nil
  local sums, least, most, natural = {}, {}, {}, 0
  local has_code = false
  element:walk { Code = function() has_code = true end }
  for column = 1, #element.colspecs do sums[column], least[column], most[column] = 1, 3, 3 end
  for _, row in ipairs(rows_of(element)) do
    for column, cell in ipairs(row.cells) do
      local total, longest = length_of(cell.contents, has_code)
      if column <= #sums then
        sums[column] = sums[column] + total
        least[column] = math.max(least[column], longest + PADDING)
        most[column] = math.max(most[column], total + PADDING)
      end
    end
  end
  for _, width in ipairs(most) do natural = natural + width end
  local widths = natural > line and shares(sums, least, most, line) or nil
  local whole = 0
  for _, width in ipairs(widths or {}) do whole = whole + width end
  for column, spec in ipairs(element.colspecs) do
    element.colspecs[column] = { spec[1], widths and widths[column] / whole or nil }
  end
  return element
end

-- A formula is read out as its source, which is how those who write formulas say them; PDF/UA asks for some text.
local function formula(element)
  if not typst then return nil end
  local said = element.text:gsub('%s+', ' '):gsub('[\\"]', '\\%0')
  return { pandoc.RawInline('typst', '#[#set math.equation(alt: "' .. said .. '");'), element, pandoc.RawInline('typst', '];') }
end

-- The first column of a table names its rows: a screen reader says it with each cell.
local function stub(element)
  if typst or not element.classes:includes 'table-block' then return nil end
  return element:walk { Table = function(grid)
    for _, body in ipairs(grid.bodies) do body.row_head_columns = 1 end
    return grid
  end }
end

local SCRIPTS = { 'report.js', 'search.js', 'tables.js', 'cite.js' }  -- the embedded engine's template names them itself

local function meta(element)
  if quarto and quarto.doc.is_format 'html' then
    local scripts = {}
    for position, name in ipairs(SCRIPTS) do scripts[position] = { path = name, attribs = { defer = 'true' } } end
    quarto.doc.add_html_dependency { name = 'observatoire', version = '1', scripts = scripts }
  end
  french = element.lang ~= nil and pandoc.utils.stringify(element.lang):match '^fr' ~= nil
end

return {
  { Meta = meta },
  { Div = small },
  { Div = stub },
  { Div = grid, Span = key_figure },
  { Div = div, Span = span, Math = formula, Quoted = quoted, Table = fitted },
  { Inlines = inlines },
}

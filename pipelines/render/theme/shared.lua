-- Used by both engines: French typography, and our classes as functions of the PDF's template (classes.typ).

local typst = FORMAT:match 'typst'
local french = false
local NARROW, WIDE = '\u{202F}', '\u{00A0}'

-- Divs and spans that a Typst function of the same name draws. Each child of a grid is an argument of its own.
local GRIDS = { 'kpi-grid', 'figure-pair' }
local DIVS = { 'page-intro', 'kpi', 'source-note', 'quotation', 'compact', 'page-break' }
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

local function div(element)
  if not typst then return nil end
  if element.classes:includes 'download' then return {} end  -- files cannot be had from paper
  local name = first_of(DIVS, element.classes)
  if not name then return nil end
  local blocks = called(name, {})
  for position, child in ipairs(element.content) do blocks:insert(position + 1, child) end
  return blocks
end

-- "412 (simulé)" as a key figure: the number is large, the mention is not, whether marked as such or only in brackets.
local function key_figure(element)
  local last = element.content[#element.content]
  if not element.classes:includes 'kpi-value' or #element.content < 2 then return nil end
  if last.t == 'Span' and last.classes:includes 'simulated' then
    last.classes = pandoc.List { 'kpi-mention' }
  elseif last.t == 'Str' and last.text:match '^%(.+%)$' then
    element.content[#element.content] = pandoc.Span(pandoc.Inlines { last }, { class = 'kpi-mention' })
  end
  return element
end

local function span(element)
  if not typst then return nil end
  if element.classes:includes 'download' then return {} end
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

local function inlines(list)
  if not french then return nil end
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

-- Pandoc, as Quarto calls it, takes the dashes under a long header row for widths; on paper columns fit their text.
local function fitted(element)
  if not typst or not quarto then return nil end
  element.colspecs = element.colspecs:map(function(column) return { column[1], nil } end)
  return element
end

local function meta(element)
  french = element.lang ~= nil and pandoc.utils.stringify(element.lang):match '^fr' ~= nil
end

return { { Meta = meta }, { Div = grid, Span = key_figure }, { Div = div, Span = span, Quoted = quoted, Table = fitted }, { Inlines = inlines } }

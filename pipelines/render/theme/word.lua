-- Only for DOCX, after the other filters: what the theme draws on screen and on paper, with what a word processor has.

local SCREEN = { 'download', 'figure-tools', 'table-tools', 'screen-only' }  -- as in shared.lua
local BREAK = pandoc.RawBlock('openxml', '<w:p><w:r><w:br w:type="page"/></w:r></w:p>')

local function is_any(names, classes)
  for _, name in ipairs(names) do
    if classes:includes(name) then return true end
  end
  return false
end

-- A tile of figures becomes a point of a list: the number in bold, then what it counts and its notes.
local function tile(element)
  local said = pandoc.Inlines {}
  element:walk { Span = function(span)
    local part = span.classes[1]
    if part ~= 'kpi-value' and part ~= 'kpi-label' and part ~= 'kpi-note' then return nil end
    if #said > 0 then said:insert(part == 'kpi-note' and pandoc.Str ', ' or pandoc.Space()) end
    if part == 'kpi-value' then said:insert(pandoc.Strong(span.content)) else said:extend(span.content) end
  end }
  return pandoc.Blocks { pandoc.Plain(said) }
end

local function tiles(element)
  local points = pandoc.List {}
  for _, child in ipairs(element.content) do points:insert(tile(child)) end
  return pandoc.BulletList(points)
end

local function div(element)
  local classes = element.classes
  if is_any(SCREEN, classes) then return {} end
  if classes:includes 'kpi-grid' then return tiles(element), false end
  if classes:includes 'page-break' then return BREAK end
  if classes:includes 'quotation' then return pandoc.BlockQuote(element.content) end
end

local function span(element)
  if is_any(SCREEN, element.classes) or element.classes:includes 'cite-button' then return {} end
end

-- Drawings were made PNG (export.py), since Word shows no SVG alone; each comes out as large as it was drawn.
local DOTS, LINE = 200, 6.3  -- dots an inch, as in export.py; width of a line of the page of word.openxml, in inches

local function image(element)
  if not element.src:match '%.svg$' then return nil end
  element.src = element.src:gsub('%.svg$', '.png')
  local is_there, _, content = pcall(pandoc.mediabag.fetch, element.src)  -- pandoc tells of one that is not
  if is_there and content and not element.attributes.width then
    local inches = pandoc.image.size(content).width / DOTS
    element.attributes.width = ('%.2fin'):format(math.min(inches, LINE))
  end
  return element
end

-- What stands on the report's cover stands at the end of a page alone.
local function ending(doc)
  local meta = doc.meta
  doc.blocks:insert(pandoc.HorizontalRule())
  for _, name in ipairs { 'edition', 'cite', 'licence' } do
    local line = pandoc.Inlines(meta[name .. '-word'])
    line:insert(pandoc.Space())
    line:extend(meta[name])
    doc.blocks:insert(pandoc.Para(line))
  end
  return doc
end

return {
  { traverse = 'topdown', Div = div, Span = span },
  { Image = image },
  { Pandoc = ending },
}

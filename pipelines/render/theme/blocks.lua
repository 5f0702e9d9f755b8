-- Blocks that Quarto knows and pandoc does not: callouts, parts shown in one format only, divs that are figures or tables.

local typst = FORMAT:match 'typst'
local word = FORMAT:match 'docx'
local WORDS = {
  fr = { note = 'Note', tip = 'Astuce', warning = 'Avertissement', important = 'Important', caution = 'Mise en garde' },
  en = { note = 'Note', tip = 'Tip', warning = 'Warning', important = 'Important', caution = 'Caution' },
}
local words = WORDS.fr

local function raw(text) return pandoc.RawBlock(typst and 'typst' or 'html', text) end

local function meta(element)
  words = WORDS[element.lang and pandoc.utils.stringify(element.lang):sub(1, 2) or 'fr'] or WORDS.en
end

local function is_shown(element)
  local names = (typst or word) and { typst = true, pdf = true } or { html = true }
  local when, unless = element.attributes['when-format'], element.attributes['unless-format']
  local holds = (when == nil or names[when] == true) and (unless == nil or not names[unless])
  if element.classes:includes 'content-hidden' then return not holds end
  return not element.classes:includes 'content-visible' or holds
end

local function callout(element, name)
  local title, content = element.attributes.title, element.content
  local heading = content[1] and content[1].t == 'Header' and content:remove(1)
  local inlines = title and pandoc.Inlines(title) or heading and heading.content or pandoc.Inlines(words[name] or name)
  local blocks = pandoc.Blocks {}
  if typst then
    blocks:extend { raw('#callout("' .. name .. '")['), pandoc.Plain(inlines), raw '][' }
    blocks:extend(content)
    blocks:insert(raw ']')
    return blocks
  end
  if word then
    local said = pandoc.Blocks { pandoc.Para { pandoc.Strong(inlines) } }
    said:extend(content)
    return pandoc.Div(said, { ['custom-style'] = 'Block Text' })
  end
  local folded = element.attributes.collapse == 'true'
  local opening = folded and '<details class="callout callout-%s"><summary class="callout-title">'
    or '<aside class="callout callout-%s"><p class="callout-title">'
  blocks:extend { raw(opening:format(name)), pandoc.Plain(inlines), raw(folded and '</summary>' or '</p>') }
  blocks:extend(content)
  blocks:insert(raw(folded and '</details>' or '</aside>'))
  return blocks
end

-- `::: {#fig-x}` and `::: {#tbl-x}` around a figure or table, the caption being the last paragraph.
local function captioned(element, kind)
  local inner, last = element.content[1], element.content[#element.content]
  local caption = last.t == 'Para' and pandoc.Caption({ pandoc.Plain(last.content) }) or pandoc.Caption {}
  if kind == 'tbl' and inner.t == 'Table' then
    inner.identifier, inner.caption = element.identifier, caption
    return inner
  end
  local blocks = element.content:clone()
  if last.t == 'Para' and #blocks > 1 then blocks:remove(#blocks) end
  if #blocks == 1 and blocks[1].t == 'Figure' then blocks = blocks[1].content end
  local alt = element.attributes['fig-alt']
  blocks = blocks:walk { Image = function(image)
    image.attributes['fig-alt'] = image.attributes['fig-alt'] or alt
    return image
  end }
  return pandoc.Figure(blocks, caption, { id = element.identifier })
end

local function div(element)
  if not is_shown(element) then return {} end
  for _, class in ipairs(element.classes) do
    local name = class:match '^callout%-(%a+)$'
    if name then return callout(element, name) end
  end
  local kind = element.identifier:match '^(%a+)%-'
  if (kind == 'fig' or kind == 'tbl') and #element.content > 0 then return captioned(element, kind) end
  if element.classes:includes 'content-visible' then return element.content end
end

local function span(element)
  if not is_shown(element) then return {} end
  if element.classes:includes 'content-visible' then return element.content end
end

return { { Meta = meta }, { Div = div, Span = span } }

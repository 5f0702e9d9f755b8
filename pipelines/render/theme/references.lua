-- Numbers of figures and tables, references to them, addresses, the heading of the reference list. What is wrong goes to
-- stderr as `PROBLEM<tab>kind<tab>identifier`; Python, which knows the lines, tells the author.

local typst = FORMAT:match 'typst'
local word = FORMAT:match 'docx'
local paper = typst or word
local WORDS = {
  fr = { fig = 'Figure', tbl = 'Tableau', sec = 'section', colon = '\u{00A0}: ', open = '«\u{202F}', close = '\u{202F}»' },
  en = { fig = 'Figure', tbl = 'Table', sec = 'section', colon = ': ', open = '“', close = '”' },
}
local words, root = WORDS.fr, ''
local targets, cites_sources = {}, false

local function problem(kind, identifier) io.stderr:write('PROBLEM\t' .. kind .. '\t' .. identifier .. '\n') end
local function kind_of(identifier) return identifier:match '^(fig)%-' or identifier:match '^(tbl)%-' or identifier:match '^(sec)%-' end
local function raw(text) return pandoc.RawBlock(typst and 'typst' or 'html', text) end
local function inline(text) return pandoc.RawInline(typst and 'typst' or 'html', text) end

local function meta(element)
  words = WORDS[element.lang and pandoc.utils.stringify(element.lang):sub(1, 2) or 'fr'] or WORDS.en
  root = element['site-root'] and pandoc.utils.stringify(element['site-root']) or ''
end

-- Numbers, and what can be referred to ---------------------------------------------------------------------------

local counts = { fig = 0, tbl = 0 }

local function note_target(identifier, kind, title)
  if identifier == '' then return nil end
  if targets[identifier] then problem('duplicate', identifier) end
  if counts[kind] then counts[kind] = counts[kind] + 1 end
  targets[identifier] = { kind = kind, number = counts[kind], title = title }
  return targets[identifier]
end

local function numbered(element, kind)
  local target = kind_of(element.identifier) == kind and note_target(element.identifier, kind)
  if typst or not target then return end  -- Typst numbers by itself
  local long = element.caption.long
  if #long == 0 then long = pandoc.Blocks { pandoc.Plain {} } end
  long[1].content:insert(1, pandoc.Span(words[kind] .. '\u{00A0}' .. target.number .. words.colon, { class = 'caption-label' }))
  element.caption.long = long
end

local function figure(element)
  numbered(element, 'fig')
  if typst and element.identifier == '' then  -- a picture without a number, as in the pages
    local blocks = pandoc.Blocks(element.content)
    blocks:extend(element.caption.long)
    return blocks, false
  end
  return element
end

local function grid(element)
  local caption = pandoc.utils.stringify(element.caption.long)
  numbered(element, 'tbl')
  if typst then
    if element.identifier ~= '' then return element, false end
    local blocks = pandoc.Blocks(element.caption.long)  -- without a number, as in the pages
    element.classes:insert 'typst:no-figure'
    element.caption = pandoc.Caption {}
    blocks:insert(element)
    return blocks, false
  end
  if word then return element, false end
  -- Wide tables scroll within their frame; a frame that scrolls must be reachable with the keyboard, and have a name.
  local name, id, blocks = 'aria-label="' .. words.tbl .. '"', element.identifier, pandoc.Blocks {}
  if caption ~= '' then
    local caption_id = (id ~= '' and id or 'tbl') .. '-caption' .. (id ~= '' and '' or tostring(counts.tbl))
    name = 'aria-labelledby="' .. caption_id .. '"'
    blocks:insert(raw('<figure class="table-figure"' .. (id ~= '' and ' id="' .. id .. '"' or '') .. '><figcaption id="' .. caption_id .. '">'))
    blocks:extend(element.caption.long)
    blocks:insert(raw '</figcaption>')
  end
  blocks:insert(raw('<div class="table-scroll" role="region" tabindex="0" ' .. name .. '>'))
  element.identifier, element.caption = '', pandoc.Caption {}
  blocks:insert(element)
  blocks:insert(raw(caption ~= '' and '</div></figure>' or '</div>'))
  return blocks, false
end

local level = paper and 0 or 1  -- the title of a page is its level 1

local function header(element)
  if element.level > level + 1 or (not paper and element.level == 1) then
    problem('level', pandoc.utils.stringify(element.content))
  end
  level = element.level
  note_target(element.identifier, 'sec', element.content)
end

-- References and addresses ---------------------------------------------------------------------------------------

local function reference(identifier, bare)
  local target = targets[identifier]
  if not target then
    problem('reference', identifier)
    return pandoc.Str(identifier)
  end
  if typst then return inline('#ref(<' .. identifier .. '>' .. (bare and ', supplement: none' or '') .. ');') end
  if target.kind == 'sec' then
    local text = pandoc.Inlines(words.sec .. '\u{00A0}' .. words.open)
    text:extend(target.title)
    text:insert(pandoc.Str(words.close))
    return pandoc.Link(bare and target.title or text, '#' .. identifier)
  end
  local text = bare and tostring(target.number) or words[target.kind] .. '\u{00A0}' .. target.number
  return pandoc.Link({ pandoc.Str(text) }, '#' .. identifier, '', { class = 'reference' })
end

local function cite(element)
  local found = pandoc.Inlines {}
  for position, citation in ipairs(element.citations) do
    if not kind_of(citation.id) then
      cites_sources = true
      return nil
    end
    if position > 1 then found:insert(pandoc.Str ', ') end
    found:insert(reference(citation.id, citation.mode == 'SuppressAuthor'))
  end
  return found
end

local function address(target)
  if target:match '^/' and not target:match '^//' then target = root .. target:sub(2) end
  return (target:gsub('%.qmd$', '.html'):gsub('%.qmd#', '.html#'))
end

local function link(element)
  local target = element.target
  if not paper then
    element.target = address(target)
    return element
  end
  if target:match '^%a+:' then return nil end
  local page = target:gsub('^/', ''):match '^(.*)%.qmd'
  local anchor = target:match '#(.+)$' or page and 'page-' .. page:gsub('/', '-')
  if not anchor or not targets[anchor] then return element.content end
  element.target = '#' .. anchor
  return element
end

local function image(element)
  local alt = element.attributes['fig-alt'] or element.attributes.alt
  if not alt or alt == '' then
    alt = pandoc.utils.stringify(element.caption)
    if alt == '' or element.title == 'fig:' or element.attributes['in-figure'] then problem('alternative', element.src) end
  end
  if typst then
    local quoted = alt:gsub('[\\"]', '\\%0')
    local width = element.attributes.width and ', width: ' .. element.attributes.width or ''
    return inline('#picture("' .. element.src .. '", "' .. quoted .. '"' .. width .. ');')
  end
  element.caption, element.src = pandoc.Inlines { pandoc.Str(alt) }, address(element.src)
  element.attributes['fig-alt'], element.attributes.alt = nil, nil
  return element
end

-- The reference list gets its heading here, at the level of the pages' own headings, and only where something is cited.
local function references(doc)
  if not cites_sources then return nil end
  local chapter = typst and not doc.meta.single  -- of the report; of a page alone they are a section
  local heading = pandoc.Header(chapter and 1 or 2, pandoc.Inlines(doc.meta['references-title']), { id = 'references' })
  if chapter then heading.classes:insert 'unnumbered' end
  doc.blocks:extend { heading, pandoc.Div({}, { id = 'refs' }) }
  return doc
end

local function mark_figures(element)
  element.content = element.content:walk { Image = function(picture)
    picture.attributes['in-figure'] = 'yes'
    return picture
  end }
  return element
end

-- In running text a figure may stand at the head or the foot of a page; in a pair, or in a sheet in small type, it stays.
local function kept(element)
  if element.classes:includes 'figure-pair' or element.classes:includes 'compact' then return element, false end
end

local function floating(element)
  if typst then return { raw '#floating[', element, raw ']' }, false end
end

return {
  { Meta = meta },
  { Figure = mark_figures },
  { traverse = 'topdown', Figure = figure, Table = grid, Header = header },
  { Cite = cite, Link = link, Image = image },
  { traverse = 'topdown', Div = kept, Figure = floating },
  { Pandoc = references },
}

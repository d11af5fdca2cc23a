# Lists.
let
  inherit (builtins) length elemAt genList filter concatLists foldl' isList;
in
rec {
  inherit (builtins) head tail length elemAt elem genList filter map concatLists concatMap foldl' any all sort partition groupBy isList;

  optional = cond: x: if cond then [ x ] else [ ];
  optionals = cond: xs: if cond then xs else [ ];
  singleton = x: [ x ];
  toList = x: if isList x then x else [ x ];
  last = xs: if xs == [ ] then throw "lib.last: the list is empty" else elemAt xs (length xs - 1);
  init = xs: if xs == [ ] then throw "lib.init: the list is empty" else take (length xs - 1) xs;
  take = n: xs: genList (elemAt xs) (if n < length xs then n else length xs);
  drop = n: xs: genList (i: elemAt xs (i + n)) (let rest = length xs - n; in if rest > 0 then rest else 0);
  sublist = start: count: xs: take count (drop start xs);
  reverseList = xs: let n = length xs; in genList (i: elemAt xs (n - 1 - i)) n;
  imap0 = f: xs: genList (i: f i (elemAt xs i)) (length xs);
  imap1 = f: imap0 (i: f (i + 1));
  range = a: b: if a > b then [ ] else genList (i: a + i) (b - a + 1);
  replicate = n: x: genList (_: x) n;
  foldr = f: zero: xs: foldl' (acc: x: f x acc) zero (reverseList xs);
  fold = foldr;
  foldl = foldl';
  flatten = x: if isList x then concatLists (map flatten x) else [ x ];
  unique = foldl' (acc: x: if builtins.elem x acc then acc else acc ++ [ x ]) [ ];
  allUnique = xs: length (unique xs) == length xs;
  remove = x: filter (y: y != x);
  subtractLists = gone: filter (x: !(builtins.elem x gone));
  intersectLists = both: filter (x: builtins.elem x both);
  count = pred: xs: length (filter pred xs);
  findFirst = pred: default: xs: let found = filter pred xs; in if found == [ ] then default else builtins.head found;
  zipListsWith = f: a: b: genList (i: f (elemAt a i) (elemAt b i)) (let n = length a; m = length b; in if n < m then n else m);
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });
  forEach = xs: f: map f xs;
  naturalSort = builtins.sort (a: b: a < b);
  sortOn = key: builtins.sort (a: b: key a < key b);
  crossLists = f: foldl' (fs: args: builtins.concatMap (g: map g args) fs) [ f ];
  compareLists = cmp: a: b:
    if a == [ ] then (if b == [ ] then 0 else -1)
    else if b == [ ] then 1
    else let c = cmp (builtins.head a) (builtins.head b); in
      if c == 0 then compareLists cmp (builtins.tail a) (builtins.tail b) else c;
}

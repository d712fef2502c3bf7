// Members that the kernel makes or renames: their keys are special names.
import { keyInfo } from "./key-table";
import { nameEnd, nameStart } from "./names";
import {
  addFlags, append, clearFlags, DIRTY, KEY_ESCAPED, kindOf, lastMember, makeEmpty, makeNode, OBJECT,
  STIRRED,
} from "./tree";

/** Gives a member a special name as its key. */
export function setKey(member: u32, name: u32): void {
  const start = nameStart(name);
  const end = nameEnd(name);
  store<u16>(member, keyInfo(start + 1, end - start - 2), 2);
  clearFlags(member, KEY_ESCAPED);
  store<u32>(member, start, 12);
  store<u32>(member, end, 16);
}

/** The object under a special name, made in the place of what else is there, or at the end. */
export function openObject(parent: u32, name: u32): u32 {
  let member = lastMember(parent, name);
  if (member == 0) {
    member = makeNode(OBJECT);
    setKey(member, name);
    append(parent, member);
    addFlags(member, DIRTY);
  } else if (kindOf(member) != OBJECT) {
    makeEmpty(member);
  }
  addFlags(parent, DIRTY | STIRRED);
  return member;
}

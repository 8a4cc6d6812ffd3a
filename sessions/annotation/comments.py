"""Comments in threads of one level, on sessions, traces and spans.

A thread is resolved at its first comment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from projects.access import people_of
from projects.audit import Action, Actor, actor_name, person_of, record
from projects.models import NoticeKind, Project, User
from sessions.annotation.configs import NotAllowed
from sessions.annotation.mentions import handles_of, mentioned, parts_of
from sessions.annotation.targets import check
from sessions.models import Comment, Notice, ObjectType
from sessions.models.alerts import mark_watched
from sessions.noticing import tell

MAX_COMMENT_CHARACTERS = 5_000


@dataclass
class Thread:
    """A comment and its answers, the oldest first."""

    first: Comment
    answers: list[Comment] = field(default_factory=list)


def threads_on(project: Project, where: Q) -> list[Thread]:
    """Load the threads, open ones first, then by age.

    One query, and one each for the people if there are any, and for the members if somebody may be mentioned."""
    threads: dict[str, Thread] = {}
    found = list(Comment.objects.for_project(project).filter(where).order_by("created_at", "id"))
    people = User.objects.in_bulk({comment.author_id for comment in found if comment.author_id is not None})
    handles = handles_of(people_of(project.pk)) if any("@" in comment.content for comment in found) else {}
    for comment in found:
        comment.person = people.get(comment.author_id or 0)
        comment.parts = parts_of(comment.content, handles)
        if comment.thread_id is None:
            threads[comment.id] = Thread(comment)
    for comment in found:
        if comment.thread_id in threads:
            threads[comment.thread_id].answers.append(comment)
    return sorted(threads.values(), key=lambda thread: thread.first.resolved_at is not None)


def add(
    project: Project,
    kind: str,
    key: str,
    content: str,
    *,
    by: Actor,
    author: str = "",
    thread: Comment | None = None,
    trace_id: str | None = None,
) -> Comment:
    """Add a comment by a person, or by a program under the name `author`. Raises NotAllowed.

    `trace_id` is that of a span."""
    person, now = person_of(by), timezone.now()
    comment = Comment(
        project_id=project.pk,
        object_type=kind,
        object_id=key,
        trace_id=trace_id,
        content=checked(content),
        thread_id=(thread.thread_id or thread.id) if thread else None,
        author_id=person.pk if person else None,
        author=(person.email if person else author)[:254],
        created_at=now,
        updated_at=now,
    )
    with transaction.atomic():
        check(project.pk, kind, key, trace_id=trace_id)
        comment.save(force_insert=True)
        _mark(comment)
        _tell(project, comment, by=actor_name(by))
        record(Action.COMMENTED, project, actor=by, target=f"{kind.lower()} {key}")
    return comment


def change(project: Project, comment: Comment, content: str, *, by: User) -> None:
    """Change the text of a comment, and tell whom it mentions now. Raises NotAllowed."""
    content, before = checked(content), comment.content
    with transaction.atomic():
        _update(project, comment, {"content": content}, by=by, what="edited")
        comment.content = content
        _tell_mentioned(project, comment, mentioned(before, people_of(project.pk)), by=by.email)


def resolve(project: Project, comment: Comment, *, by: User, is_resolved: bool) -> None:
    """Resolve a thread, or open it again."""
    now = timezone.now()
    changes = {"resolved_at": now if is_resolved else None, "resolved_by": by.email if is_resolved else ""}
    _update(project, comment, changes, by=by, what="resolved" if is_resolved else "opened again")


def delete(project: Project, comment: Comment, *, by: User) -> None:
    """Delete a comment, and the answers to it."""
    with transaction.atomic():
        gone = Comment.objects.for_project(project).filter(Q(id=comment.id) | Q(thread_id=comment.id))
        Notice.objects.for_project(project).filter(comment_id__in=gone.values("id")).delete()
        gone.delete()
        _mark(comment)
        record(Action.COMMENT_DELETED, project, actor=by, target=_named(comment), comment=comment.id)


def checked(content: str) -> str:
    """Return the text as it is stored. Raises NotAllowed."""
    content = content.replace("\r\n", "\n").strip()
    if not content or len(content) > MAX_COMMENT_CHARACTERS or "\x00" in content:
        raise NotAllowed(f"content: 1 to {MAX_COMMENT_CHARACTERS:,} characters")
    return content


def _update(project: Project, comment: Comment, changes: Mapping[str, object], *, by: User, what: str) -> None:
    with transaction.atomic():
        named = Comment.objects.for_project(project).filter(id=comment.id)
        named.update(**changes, updated_at=timezone.now())
        record(Action.COMMENT_CHANGED, project, actor=by, target=_named(comment), what=what, comment=comment.id)


def _tell(project: Project, comment: Comment, *, by: str) -> None:
    """Tell whom a new comment mentions, and those whose thread it answers."""
    thread = Comment.objects.for_project(project).filter(Q(id=comment.thread_id) | Q(thread_id=comment.thread_id))
    talked = set(thread.values_list("author_id", flat=True)) - {None} if comment.thread_id else set()
    called = _tell_mentioned(project, comment, set(), by=by)
    tell(project.pk, NoticeKind.ANSWER, talked - called, by=by, **_about(comment))


def _tell_mentioned(project: Project, comment: Comment, before: set[int], *, by: str) -> set[int]:
    """Tell the members whom a comment mentions and did not before. Return all whom it mentions."""
    called = mentioned(comment.content, people_of(project.pk))
    tell(project.pk, NoticeKind.MENTION, called - before, by=by, **_about(comment))
    return called


def _about(comment: Comment) -> dict[str, Any]:
    names = ("object_type", "object_id", "trace_id")
    return {name: getattr(comment, name) for name in names} | {"comment_id": comment.id}


def _mark(comment: Comment) -> None:
    """Let alerts look at the session that has one comment more or less."""
    if comment.object_type == ObjectType.SESSION:
        mark_watched(comment.project_id, [comment.object_id], timezone.now())


def _named(comment: Comment) -> str:
    return f"{comment.object_type.lower()} {comment.object_id}"
